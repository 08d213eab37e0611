// What each shell needs to ask the program itself what may come next (`__complete`), so that a script that was
// installed once stays right. The answer: a line with the kind, then a line per word: name, tab, meaning.

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const bash = String.raw`# bash completion of bentham-cockpit
_bentham_cockpit() {
  local kind= word about
  COMPREPLY=()
  while IFS=$'\t' read -r word about; do
    if [[ -z $kind ]]; then kind=$word; else COMPREPLY+=("$word"); fi
  done < <("$1" __complete -- "$\{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $kind in
    file) compopt -o default 2>/dev/null ;;
    open) compopt -o nospace 2>/dev/null ;;
  esac
}
complete -F _bentham_cockpit bentham-cockpit
`;

const zsh = String.raw`#compdef bentham-cockpit
_bentham_cockpit() {
  local -a answer found
  local line kind
  answer=("$\{(@f)$("$words[1]" __complete -- "$\{(@)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$answer[1]
  for line in "$\{(@)answer[2,-1]}"; do
    found+=("$\{$\{line%%$'\t'*}//:/\\:}:$\{line#*$'\t'}")
  done
  case $kind in
    (file) _files ;;
    (open) _describe -t words word found -S '' ;;
    (words) _describe -t words word found ;;
  esac
}
# From a directory of $fpath it completes at once; sourced it registers itself.
if [[ $funcstack[1] == _bentham_cockpit ]]; then _bentham_cockpit "$@"; else compdef _bentham_cockpit bentham-cockpit; fi
`;

const fish = String.raw`# fish completion of bentham-cockpit
function __bentham_cockpit_complete
  set -l words (commandline -opc)
  set -l answer ($words[1] __complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
  switch "$answer[1]"
    case file
      __fish_complete_path (commandline -ct)
    case words open
      printf '%s\n' $answer[2..-1]
  end
end
complete -c bentham-cockpit -f -a '(__bentham_cockpit_complete)'
`;

/** The script of a shell. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: bash.replaceAll('\\{', '{'),
  zsh: zsh.replaceAll('$\\{', '${'),
  fish,
};
