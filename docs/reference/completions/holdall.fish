# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_holdall_global_optspecs
    string join \n r/repository= password-file= password-command= i/identity= passphrase-file= passphrase-command= require-signature= trust-file= profile= config= C/directory= dry-run y/yes v/verbose q/quiet log-format= progress= color= threads= max-memory= lock-wait= trust= no-hooks no-databases set= trace= json h/help V/version
end

function __fish_holdall_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_holdall_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_holdall_using_subcommand
    set -l cmd (__fish_holdall_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c holdall -n "__fish_holdall_needs_command" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_needs_command" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_needs_command" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_needs_command" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_needs_command" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_needs_command" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_needs_command" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_needs_command" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_needs_command" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_needs_command" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_needs_command" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_needs_command" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_needs_command" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_needs_command" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_needs_command" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_needs_command" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_needs_command" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_needs_command" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_needs_command" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_needs_command" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_needs_command" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_needs_command" -s V -l version -d 'Print version'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "snapshot" -d 'Take a snapshot of files and directories'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "dump" -d 'Write a project as one text that people and models read, and that restores exactly'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "archive" -d 'Write a tree as one archive that every other program reads: zip or tar, compressed or not'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "clone" -d 'Copy a source to a directory exactly, alone or beside older clones that it shares files with'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "convert" -d 'Turn any source into any form: a directory, an archive, a dump, a snapshot'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "delta" -d 'Make one directory of another by what differs alone, over any pipe'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "restore" -d 'Bring a snapshot, a dump, or any source, back to a directory'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "rollback" -d 'Go back to what a restore replaced'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "ls" -d 'List what a source holds'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "cat" -d 'Write a file of a source to standard output'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "find" -d 'Find entries by name in a source, or in all snapshots'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "diff" -d 'Show what differs between two sources'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "verify" -d 'Read everything in a source and check it'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "id" -d 'Print the tree ID of a source'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "stats" -d 'Count files, lines, languages and tokens of a source'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "scan" -d 'Look through a source for secrets and for work that is left open'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "explore" -d 'Look around in a source on the terminal: search, read, pick, and write what was picked'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "mount" -d 'Show a source as a directory that can be read, until it is unmounted'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "explain" -d 'Say which rule takes or leaves a path'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "snapshots" -d 'List the snapshots of the repository'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "repo" -d 'Work on the repository itself'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "config" -d 'Show or check the configuration'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c holdall -n "__fish_holdall_needs_command" -f -a "man" -d 'Write the manual pages into a directory'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l tag -d 'Label the snapshot; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l host -d 'Name of the machine that the snapshot is filed under' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l parent -d 'Compare with this snapshot instead of the newest of the same host and paths' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l stdin-name -d 'Name of that file' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s f -l force -d 'Read every file again, whatever the last snapshot knows'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l stdin -d 'Capture standard input as one file'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l with-atime -d 'Record when each file was last read'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s x -l one-file-system -d 'Stay on the file system of each path'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s o -l output -d 'Where to; `-` is standard output, which is also meant if it is no terminal and no file is given or set. With --batch a directory, or a name with {name}, {path} or {ext} in it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l format -d 'The format; unless given, what the ending of FILE says, or md. Or the file of a template, such as house.md.j2, for what stands around the files; its name says for which of md, txt and html it is' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l diff-since -d 'Write only what changed since this commit of git, work tree included; with `--format patch` a patch that `git apply` takes' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l toc -d 'How the contents are listed; list unless set' -r -f -a "list\t'One line for each file'
tree\t'Directories with what they hold'
none\t'Not at all'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l secrets -d 'What becomes of secrets; fail unless set' -r -f -a "fail\t'Write nothing if there are any, and name them'
redact\t'Replace each by a placeholder'
report\t'Write them, and list where they are'
off\t'Do not look for them'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l vault -d 'Keep what is taken out in this file, from which `restore --vault` puts it back; it is made if it is not there' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l baseline -d 'Pass over the secrets whose fingerprints this file lists; `holdall scan --write-baseline` makes one' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l tokens -d 'How tokens are counted; o200k unless set' -r -f -a "o200k\t'As the models since GPT-4o do'
cl100k\t'As GPT-4 does'
off\t'Not at all'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l max-tokens -d 'Show less of the less important files, so that the whole dump is at most so many tokens' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l split -d 'Write several files of at most this size, `FILE.001` and so on before the ending; each shows some of the files, and `restore` takes them together' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l split-tokens -d 'The same by tokens: no file of the dump is more than so many' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l archive-old -d 'Put the dump that FILE is into an archive beside it, `FILE.TIME.FORMAT`, before a new one replaces it; nothing is replaced before the archive was read back' -r -f -a "zip\t''
tar.gz\t''
tar.bz2\t''
tar.xz\t''
tar.zst\t''"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l keep -d 'Keep only the newest N of these archives' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l encrypt -d 'Seal it: with age, with OpenPGP by the program gpg, or of a zip the contents with AES-256. It is read back before it is sealed. Without --recipient, age asks for a passphrase, as zip-aes256 does' -r -f -a "age\t'With age, for keys or with a passphrase'
gpg\t'With OpenPGP, for keys that gpg has'
zip-aes256\t'A zip that 7-Zip and WinZip open with its passphrase'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l recipient -d 'Seal it for the owner of this key: age1..., a file with such lines, or a fingerprint of OpenPGP; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l sign -d 'Sign it, with the secret key of minisign or SSH in this file, in FILE.minisig or FILE.sig, or with the key that gpg has for `openpgp:FINGERPRINT`, in FILE.asc' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l watch-poll -d 'With --watch, look for changes each time this long has passed instead of being told by the system: 2s or 1m' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l metrics -d 'Write metrics to this file after each run, in the form that node-exporter reads' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l metrics-listen -d 'With --watch, serve metrics to Prometheus at this address, such as 127.0.0.1:9185' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l batch -d 'Dump each project beneath SOURCE by its own configuration to a file of its own: directories with a holdall.toml or a manifest, such as Cargo.toml'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l todos -d 'List what comments leave open: TODO, FIXME, HACK and XXX, or the words of the setting todos.tags'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-checksum -d 'Write no checksum beside FILE'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-cache -d 'Read every file, and keep nothing of what was seen for the next dump'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l watch -d 'Write the dump again whenever something in the directory changes, until Ctrl-C; needs -o FILE'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l metrics-public -d 'Let other machines read the metrics, if the address allows it'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l notify -d 'Tell the topic of `notify.url` how it ended, whatever `notify.on` says'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-notify -d 'Tell nobody how it ended'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s o -l output -d 'Where to; `-` is standard output' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l format -d 'The format; what the ending of FILE says unless given' -r -f -a "zip\t''
7z\t''
tar\t''
tar.gz\t''
tar.bz2\t''
tar.xz\t''
tar.zst\t''
tar.lz4\t''
tar.br\t''"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l level -d 'How densely to compress: gzip, zip, 7z and xz 0 to 9, bzip2 1 to 9, zstd 1 to 22, brotli 0 to 11' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l encrypt -d 'Seal it: with age, with OpenPGP by the program gpg, or of a zip the contents with AES-256. It is read back before it is sealed. Without --recipient, age asks for a passphrase, as zip-aes256 does' -r -f -a "age\t'With age, for keys or with a passphrase'
gpg\t'With OpenPGP, for keys that gpg has'
zip-aes256\t'A zip that 7-Zip and WinZip open with its passphrase'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l recipient -d 'Seal it for the owner of this key: age1..., a file with such lines, or a fingerprint of OpenPGP; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l sign -d 'Sign it, with the secret key of minisign or SSH in this file, in FILE.minisig or FILE.sig, or with the key that gpg has for `openpgp:FINGERPRINT`, in FILE.asc' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l reproducible -d 'Make the same bytes of every tree that has the same tree ID: no owners, no extended attributes, hard links as files, and one time for all, that of SOURCE_DATE_EPOCH or the beginning of 1980'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l manifest -d 'Add a manifest as the last entry, .holdall-manifest: the SHA-256 of every file, which `sha256sum -c` takes when the archive was unpacked, and holdall checks'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l no-verify -d 'Do not read the archive back before it appears'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l no-checksum -d 'Write no checksum beside FILE'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand archive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l project -d 'What the project is called, wherever it lies; unless given, a project is known by its path' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l tag -d 'Label the clone; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep -d 'Afterwards remove all but the newest N clones of the project; short for --keep-last' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-last -d 'Keep the newest N (or `all`)' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-hourly -d 'Keep the newest of each of N hours' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-daily -d 'Keep the newest of each of N days' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-weekly -d 'Keep the newest of each of N weeks' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-monthly -d 'Keep the newest of each of N months' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-yearly -d 'Keep the newest of each of N years' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-within -d 'Keep all within this span before the newest, such as 1y5m7d2h (m is months)' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-within-hourly -d 'Keep the newest of each hour within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-within-daily -d 'Keep the newest of each day within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-within-weekly -d 'Keep the newest of each week within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-within-monthly -d 'Keep the newest of each month within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-within-yearly -d 'Keep the newest of each year within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l keep-tag -d 'Keep those with all of these labels; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l incremental -d 'Make DEST/PROJECT-TIME, which shares unchanged files with the last clone of the same project'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l delete -d 'Make DEST exactly the source, whatever is there; what is replaced or removed is kept as a restore point'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l pin -d 'Never let rules remove this clone'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand clone" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l format -d 'The format of an archive or a dump, if the name does not say it' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand convert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -f -a "signature" -d 'Write the signature of a directory to standard output'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -f -a "make" -d 'Write what makes a directory of the one that a signature is of to standard output'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -f -a "apply" -d 'Make a directory what a delta was made of, in one step'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -f -a "send" -d 'Make the directory of a `holdall delta receive` what this one is: only what differs is read there and travels'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and not __fish_seen_subcommand_from signature make apply send receive" -f -a "receive" -d 'Answer `holdall delta send` over standard input and output'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from signature" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l checksum -d 'Read every file, also those of the same size and time'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from make" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l checksum -d 'Read every file on both sides, also those of the same size and time'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand delta; and __fish_seen_subcommand_from receive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l to -d 'Where to; the place it was captured from unless given' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l path -d 'Restore only what matches this pattern; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l choose -d 'Make the changes that this file chooses of what --preview --json lists' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l vault -d 'Put back the secrets that a dump was written without, from the vault of that dump' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l overwrite -d 'Merge into a directory that is not empty, and treat files that are there like this' -r -f -a "always\t'Write every file anew'
changed\t'Write files whose size or time differs'
never\t'Only add what is missing'
ask\t'Ask about each file that would change'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l sandbox -d 'Give up all rights but to read the source and to write beside the target, before the source is read' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l database -d 'Feed this database of the source to its server instead, into TARGET if it is to be another one there, which must be empty unless --overwrite always is given; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-entries -d 'Refuse to write more entries than this; 1000000 of an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-files -d 'Refuse to write more files than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-bytes -d 'Refuse to write more than this; 10G of an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-file-size -d 'Refuse to write a file that is larger than this; 4G of an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-ratio -d 'Refuse to write more than this many times the stored size; 200 of an archive unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-depth -d 'Refuse to write a path that is deeper than this; 128 of an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-path-length -d 'Refuse to write a path of more bytes than this; 4096 of an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-link-length -d 'Refuse to write a link to a target of more bytes than this; 4095 of an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-time -d 'Give up after this time, such as 30s or 10m; an hour for an archive or a dump unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l preview -d 'Show what would change, file by file and line by line; on a terminal, ask about each change and make those that are wanted'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l partial -d 'Bring back what a damaged dump, or an archive that cannot be read everywhere, still holds; name what nothing proves'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l edited -d 'With --partial: take files that were edited in the dump as they are shown'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l verify -d 'Read every staged file again before it is published'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l delete -d 'Remove what the source does not have; the restore point keeps it'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l to -d 'Which point: its number, or a time such as "2026-01-02 10:00"; the newest unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l target -d 'The directory that was restored; the current one unless given' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l list -d 'List the points that can be gone back to'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s l -l long -d 'Show mode, owner, size and time'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s R -l recursive -d 'Show everything beneath'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand cat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand find" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand find" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand find" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand find" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand find" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand find" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand find" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand find" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand find" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand find" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand find" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand find" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand find" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand find" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand find" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand find" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l content -d 'Compare every byte instead of size and time'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s p -l patch -d 'Show changed lines of text files, as `git apply` takes them'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand id" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand id" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand id" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand id" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand id" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand id" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand id" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand id" -l full -d 'Print the full ID, which covers owners, times and extended attributes too'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand id" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand id" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand id" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand id" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand id" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l tokens -d 'How tokens are counted; o200k unless set' -r -f -a "o200k\t'As the models since GPT-4o do'
cl100k\t'As GPT-4 does'
off\t'Not at all'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l by-dir -d 'Count for each directory as well, down to this depth' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l by-file -d 'Count for each file as well, the largest first'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l format -d 'How findings are printed' -r -f -a "text\t'A line for each'
json\t'One JSON document'
sarif\t'SARIF 2.1.0, which code hosts read'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l baseline -d 'Pass over the secrets whose fingerprints this file lists' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l write-baseline -d 'Write the fingerprints of all secrets that were found to this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l secrets -d 'Look for secrets; that and --todos if neither is given'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l todos -d 'Look for what comments leave open'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l tokens -d 'How tokens are counted; o200k unless set' -r -f -a "o200k\t'As the models since GPT-4o do'
cl100k\t'As GPT-4 does'
off\t'Not at all'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l secrets -d 'What becomes of secrets in what is written as a dump; fail unless set. It can be changed where its name is typed' -r -f -a "fail\t'Write nothing if there are any, and name them'
redact\t'Replace each by a placeholder'
report\t'Write them, and list where they are'
off\t'Do not look for them'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand explore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l sandbox -d 'Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is looked at; the setting restore.sandbox unless given' -r -f -a "auto\t'As far as the system can'
off\t'Not at all'
require\t'Wholly, or nothing is read'
wasm\t'As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes'"
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l allow-other -d 'Let other users look into it too, as far as modes and access control lists let them'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand mount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l root -d 'The directory that would be captured; the current one unless given' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l include -d 'Take only what matches this pattern (gitignore syntax); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s e -l exclude -d 'Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l exclude-from -d 'Leave what matches the patterns in this file' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l max-size -d 'Leave files larger than this, such as 10M' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l min-size -d 'Leave files smaller than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l changed-within -d 'Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01)' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l changed-before -d 'Take only files changed longer ago than this, or before this date' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l regex -d 'Take only paths that match this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l contains -d 'Take only files whose content matches this regular expression' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l type -d 'Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l files-from -d 'Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings and ignore files leave nothing out of it' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l files-from0 -d 'The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l no-ignore -d 'Obey no ignore file at all'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l gitignore -d 'Obey .gitignore, .ignore and .git/info/exclude too'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l hidden -d 'Take hidden files. This is so already; it undoes a setting to the contrary'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l no-hidden -d 'Leave hidden files'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l git -d 'Take only files that git tracks'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l untracked -d 'Take only files that git tracks, and those that it neither tracks nor ignores'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l exclude-caches -d 'Leave the contents of directories with a CACHEDIR.TAG'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l tag -d 'Only those with this label; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l host -d 'Only those of this machine' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l path -d 'Only those of this path' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l latest -d 'Only the newest N' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand snapshots" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "init" -d 'Make a repository'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "snapshots" -d 'List snapshots'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "forget" -d 'Remove snapshots by rules, or by ID'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "prune" -d 'Remove data that no snapshot needs'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "check" -d 'Check that everything is there and intact'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "key" -d 'Manage the passwords of the repository'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "unlock" -d 'Remove locks whose holders are gone'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and not __fish_seen_subcommand_from init snapshots forget prune check key unlock stats" -f -a "stats" -d 'Count what is in the repository'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l tag -d 'Only those with this label; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l host -d 'Only those of this machine' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l path -d 'Only those of this path' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l latest -d 'Only the newest N' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from snapshots" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-last -d 'Keep the newest N (or `all`)' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-hourly -d 'Keep the newest of each of N hours' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-daily -d 'Keep the newest of each of N days' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-weekly -d 'Keep the newest of each of N weeks' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-monthly -d 'Keep the newest of each of N months' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-yearly -d 'Keep the newest of each of N years' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-within -d 'Keep all within this span before the newest, such as 1y5m7d2h (m is months)' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-within-hourly -d 'Keep the newest of each hour within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-within-daily -d 'Keep the newest of each day within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-within-weekly -d 'Keep the newest of each week within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-within-monthly -d 'Keep the newest of each month within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-within-yearly -d 'Keep the newest of each year within this span' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l keep-tag -d 'Keep those with all of these labels; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l group-by -d 'What snapshots of a group have in common: host, paths, tags; empty for one group; host,paths unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l tag -d 'Consider only snapshots with this label' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l host -d 'Consider only snapshots of this machine' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l allow-empty -d 'Allow the rules to remove every snapshot of a group'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l prune -d 'Prune afterwards'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l max-unused -d 'How much that is not needed may stay: a share, a size or `unlimited`; 5% unless set' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l max-repack-size -d 'Rewrite no more than this' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l read-data-subset -d 'Read a part: n/t, such as 1/7, a percentage, such as 5%, or a size, such as 2G' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l read-data -d 'Read every pack and check every blob'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -f -a "list" -d 'List the keys'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -f -a "add" -d 'Add a key with a password of its own'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -f -a "remove" -d 'Remove a key'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from key" -f -a "passwd" -d 'Change the password of the key in use'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l all -d 'Remove all locks, also those of runs that are alive'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand repo; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -f -a "show" -d 'Print every setting'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -f -a "check" -d 'Check the configuration files'
complete -c holdall -n "__fish_holdall_using_subcommand config; and not __fish_seen_subcommand_from show check schema" -f -a "schema" -d 'Print the JSON Schema of the configuration file'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l project -d 'Show what holds for this project of a monorepo: its own file over that of the whole' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Say where each value comes from'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l documents -d 'Write the JSON Schema of each document that --json prints into this directory instead' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c holdall -n "__fish_holdall_using_subcommand man" -s r -l repository -d 'The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l password-file -d 'Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -l password-command -d 'Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -s i -l identity -d 'Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -l passphrase-file -d 'Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -l passphrase-command -d 'Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l require-signature -d 'Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody' -r -f -a "any\t'Of anybody'
trusted\t'Of somebody whom the trust file names'"
complete -c holdall -n "__fish_holdall_using_subcommand man" -l trust-file -d 'The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -l profile -d 'Use the settings of this profile' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l config -d 'Read this configuration file instead of holdall.toml in or above the current directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -s C -l directory -d 'Run as if started in this directory' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -l log-format -d 'How log lines look; text unless set' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c holdall -n "__fish_holdall_using_subcommand man" -l progress -d 'How progress is shown; auto unless set' -r -f -a "auto\t'A bar on a terminal, nothing elsewhere'
bar\t'A bar'
plain\t'A line every few seconds'
json\t'A JSON object a second'
none\t'Nothing'"
complete -c holdall -n "__fish_holdall_using_subcommand man" -l color -d 'When to use colours; auto unless set. [env: NO_COLOR]' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c holdall -n "__fish_holdall_using_subcommand man" -l threads -d 'Worker threads; as many as there are processors unless given' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l max-memory -d 'Memory for buffers, such as 256M' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l lock-wait -d 'How long to wait for others to let go of the repository, such as 30s, 5m or 1h' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l trust -d 'How far an archive is believed; nothing unless set' -r -f -a "own\t'It is one\'s own: links lead anywhere, devices and set-ID bits come back'
nothing\t'It may come from anyone: what may harm is refused or taken off'
strict\t'Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused'"
complete -c holdall -n "__fish_holdall_using_subcommand man" -l set -d 'Set a key of the configuration, such as limits.max-depth=100; may be repeated' -r
complete -c holdall -n "__fish_holdall_using_subcommand man" -l trace -d 'Write what the run spends its time on to this file, for Perfetto or chrome://tracing' -r -F
complete -c holdall -n "__fish_holdall_using_subcommand man" -l dry-run -d 'Print what would be done, and do nothing'
complete -c holdall -n "__fish_holdall_using_subcommand man" -s y -l yes -d 'Answer yes to questions'
complete -c holdall -n "__fish_holdall_using_subcommand man" -s v -l verbose -d 'Say more; twice for even more'
complete -c holdall -n "__fish_holdall_using_subcommand man" -s q -l quiet -d 'Say nothing but errors'
complete -c holdall -n "__fish_holdall_using_subcommand man" -l no-hooks -d 'Run no hooks'
complete -c holdall -n "__fish_holdall_using_subcommand man" -l no-databases -d 'Capture no databases'
complete -c holdall -n "__fish_holdall_using_subcommand man" -l json -d 'Print the result as JSON'
complete -c holdall -n "__fish_holdall_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'

function __holdall_snapshots
    holdall __complete-snapshots (commandline -opc)[2..] 2>/dev/null </dev/null
end
complete -c holdall -n '__fish_seen_subcommand_from restore ls cat find diff verify id mount' -a '(__holdall_snapshots)'
complete -c holdall -n '__fish_seen_subcommand_from forget' -f -a '(__holdall_snapshots | string match -v "@latest*" | string replace "@" "")'
complete -c holdall -n '__fish_seen_subcommand_from snapshot' -l parent -x -a '(__holdall_snapshots | string match -v "@latest*" | string replace "@" "")'
