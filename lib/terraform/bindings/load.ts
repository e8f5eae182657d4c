/**
 * Returns `bindings`, whose members load modules of a provider's package on first use.
 *
 * @throws Error on the use of a member if the package, an optional peer dependency, is not installed
 */
export function loadedFrom<Bindings extends object>(name: string, bindings: Bindings): Bindings {
  return new Proxy(bindings, {
    get(target, member) {
      try {
        return Reflect.get(target, member);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'MODULE_NOT_FOUND' || !message.startsWith(`Cannot find module '${name}/`)) throw error;
        throw new Error(`The package ${name} is not installed. Run \`npm install ${name}\``, { cause: error });
      }
    },
  });
}
