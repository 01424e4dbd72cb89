# Completion for sallyport and sallyport-hub. It asks the program itself what can follow, so that it
# never knows another set of commands than the one that is installed.
_sallyport() {
    local word="${COMP_WORDS[COMP_CWORD]}" command=("${COMP_WORDS[0]}") part help
    for part in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $part in [a-z]*) command+=("$part") ;; esac
    done
    # What stood there may be a value and not a subcommand: then the longest part that is one.
    while ! help=$("${command[@]}" --help 2>/dev/null); do
        [ ${#command[@]} -gt 1 ] || return 0
        unset 'command[-1]'
    done
    case $word in
        -*) part='s/^  \(-[a-z],\)\{0,1\}\(--[a-z-]*\).*/\2/p' ;;
        *) part='/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n "$part" <<<"$help")" -- "$word")
    [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _sallyport sallyport sallyport-hub
