const ELF_MACHINES: Readonly<Record<number, string>> = { 62: 'x86-64', 183: 'aarch64' };
const PE_MACHINES: Readonly<Record<number, string>> = { 34404: 'x86-64', 43620: 'aarch64' };
const MACH_O_MACHINES: Readonly<Record<number, string>> = { 16777228: 'arm64', 16777223: 'x86-64' };

/** The format and the processor of a native library, read from its header. */
export function binaryKind(bytes: Buffer): string {
  if (bytes.subarray(0, 4).toString('latin1') === '\x7fELF') return `ELF ${ELF_MACHINES[bytes.readUInt16LE(18)]}`;
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return `Mach-O ${MACH_O_MACHINES[bytes.readUInt32LE(4)]}`;
  if (bytes.subarray(0, 2).toString('latin1') === 'MZ') {
    return `PE ${PE_MACHINES[bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 4)]}`;
  }
  return 'unknown';
}
