import { Argument, Command, type Option } from 'commander';

/** Generators of completion scripts by shell. */
const SHELLS: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };

export function completionCommand(): Command {
  return new Command('completion')
    .summary('print a shell completion script')
    .description('Prints a completion script for bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Examples:
  source <(modelship completion bash)                  # in ~/.bashrc
  source <(modelship completion zsh)                   # in ~/.zshrc, after compinit
  modelship completion fish > ~/.config/fish/completions/modelship.fish`,
    )
    .action((shell: string, _, command: Command) => {
      process.stdout.write(SHELLS[shell]!(command.parent!));
    });
}

function bash(program: Command): string {
  const cases = program.commands.map((command) => {
    const options = optionsOf(command).map(({ long }) => long);
    return `    ${command.name()}) options='${options.join(' ')}' choices='${choicesOf(command).join(' ')}' ;;`;
  });
  return `_modelship() {
  local current="\${COMP_WORDS[COMP_CWORD]}" options='--help --version' choices=''
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) choices='${program.commands.map((command) => command.name()).join(' ')}' ;;
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n "$choices" ]]; then
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _modelship modelship
`;
}

function zsh(program: Command): string {
  const commands = program.commands.map((command) => zshQuoted(`${command.name()}:${command.summary()}`));
  const cases = program.commands.map((command) => {
    const specs = [...optionsOf(command).flatMap(zshOption), zshQuoted(`*:argument:${zshArgument(command)}`)];
    return `    ${command.name()}) _arguments ${specs.join(' ')} ;;`;
  });
  return `#compdef modelship
_modelship() {
  local -a commands=(${commands.join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${cases.join('\n')}
  esac
}
compdef _modelship modelship
`;
}

function zshOption({ long, short, description, required, argChoices }: Option): string[] {
  const value = required ? `:value:${argChoices ? `(${argChoices.join(' ')})` : '_files'}` : '';
  const text = description.replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:');
  return [long, short].filter((name) => name !== undefined).map((name) => zshQuoted(`${name}[${text}]${value}`));
}

function zshArgument(command: Command): string {
  const choices = choicesOf(command);
  return choices.length > 0 ? `(${choices.join(' ')})` : '_files';
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const name = command.name();
    const within = `-n '__fish_seen_subcommand_from ${name}'`;
    const choices = choicesOf(command);
    return [
      `complete -c modelship -f -n __fish_use_subcommand -a ${name} -d ${fishQuoted(command.summary())}`,
      ...(choices.length > 0 ? [`complete -c modelship -f ${within} -a '${choices.join(' ')}'`] : []),
      ...optionsOf(command).map((option) => `complete -c modelship ${within} ${fishOption(option)}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function fishOption({ long, short, description, required, argChoices }: Option): string {
  return [
    `-l ${long!.slice(2)}`,
    ...(short ? [`-s ${short.slice(1)}`] : []),
    ...(required ? ['-r'] : []),
    ...(argChoices ? [`-f -a '${argChoices.join(' ')}'`] : []),
    `-d ${fishQuoted(description)}`,
  ].join(' ');
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function choicesOf(command: Command): readonly string[] {
  return command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
}

function optionsOf(command: Command): readonly Option[] {
  return [...command.options, command.createOption('-h, --help', 'show usage')];
}
