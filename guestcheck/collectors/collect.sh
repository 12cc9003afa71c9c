#!/bin/sh
# Records what guestcheck asks of a guest, where there is no Python to run it. It changes nothing and needs no root:
#
#   sh collect.sh [FILE]       without FILE: ./guestcheck-HOST-DATE.tar.gz
#   guestcheck check FILE      judges the recording, on any machine
#
# Needed: a POSIX shell, cat, mkdir, mv, rm and tar. Made by `guestcheck collector sh`: what is asked stands in put(), near the end.
# A few workers put the questions, and each may hang; the first process looks after them, waits for nobody and
# stops what is late. timeout(1) would not do: it waits for what it stopped, and so hangs with a program asleep in the kernel.
# shellcheck disable=SC2002,SC2317,SC2329  # cat reads whole what under /proc cannot be read in parts; run() calls by name

tool='guestcheck @VERSION@ collect.sh'
# Seconds: for reading one file, for one word that is answered without programs, for all questions, and for packing.
file_limit=20 word_limit=100 whole_limit=300 pack_limit=120
# More at a time take the processor from each other, and then what is only slow would be taken for what hangs.
workers='1 2 3'
# What a program prints beyond this many units of 512 bytes (8 MiB) is cut.
most_output=16384
nl='
'
# What puts stars in the place of passwords and keys, a sign at a time. Made of the table that all sources have (model/secret.py).
# shellcheck disable=SC2016  # those dollar signs are sed's
stars=@STARS@

main() {
    case ${1-} in
    -h | --help)
        echo 'usage: sh collect.sh [FILE]    record this guest for guestcheck (default: ./guestcheck-HOST-DATE.tar.gz)'
        exit 0
        ;;
    -*) fail "there is no option $1; usage: sh collect.sh [FILE]" ;;
    esac
    [ $# -le 1 ] || fail "one FILE is enough; usage: sh collect.sh [FILE]"
    prepare "${1-}"
    clock
    started=$clock working=$workers
    for worker in $workers; do
        employ "$worker"
    done
    while [ -n "$working" ]; do
        still=''
        for worker in $working; do
            seen_after "$worker" || still="$still $worker"
        done
        working=$still
        progress
        [ -z "$working" ] || nap
    done
    [ -z "$full" ] || fail "cannot write to $work: no space left, or a limit on the size of files"
    manifest || fail "cannot write to $work: no space left"
    pack
}

fail() { # MESSAGE
    clear_line
    printf '%s\n' "collect.sh: $1" >&3
    exit 2
}

# --- before and after

prepare() { # FILE: find a place to work in, and see that FILE can be written
    for needed in cat mkdir mv rm tar; do
        command -v "$needed" >/dev/null || fail "there is no $needed here, and nothing can be recorded without"
    done
    file=${1:-./guestcheck-$(host)-$(date +%Y%m%d-%H%M%S || echo "$$").tar.gz}
    case $file in */*) folder=${file%/*}/ ;; *) folder=./ ;; esac
    [ ! -L "$file" ] || fail "cannot write $file: it is a link, name the file itself"
    if [ -e "$file" ] && [ ! -f "$file" ]; then
        fail "cannot write $file: a recording goes into a file, and this is none"
    fi
    here=$PWD code=0 work='' beside='' packing='' working='' full='' dropped='' nap=0.1 naps=0
    trap clean EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    for place in "${TMPDIR:-/tmp}" "$folder" /dev/shm /run; do
        private_folder "$place" && break
    done
    [ -n "$work" ] || fail "there is no folder to work in: neither ${TMPDIR:-/tmp} nor $folder can be written"
    case $work in /*) ;; *) work=$here/$work ;; esac
    (set -C && : >"$file.$$.tmp") 2>"$work/err" || fail "cannot write $file: $(reason)"
    beside=$file.$$.tmp
    top=${file##*/} top=${top%%.*}
    case $top in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_-]*) top=guestcheck ;; esac
    tree=$work/tree/$top
    # shellcheck disable=SC2086  # the names of questions are plain words
    { mkdir "$work/tree" "$tree" && cd "$tree" && mkdir $names; } || fail "cannot write to $work: no space left"
    session='' take='' octal=''
    ! command -v setsid >/dev/null || session=setsid
    ! head -c 1 </dev/null >/dev/null || take='head -c'
    for program in od hexdump; do
        [ -n "$octal" ] || ! command -v "$program" >/dev/null || octal=$program
    done
    starring=''
    [ "$(printf 'password=a\n' | sed -r "$stars")" != 'password=*' ] || starring=yes
    uptime=/proc/uptime clock=0 zero=0
    if ! read -r _ <"$uptime"; then
        uptime=$work/uptime
        tick 0
    fi
    clock
    zero=$clock
}

private_folder() { # PLACE: make $work there
    work=$(mktemp -d "$1/guestcheck.XXXXXX") && [ -d "$work" ] && return 0
    work=$1/guestcheck.$$.d
    mkdir "$work" && return 0
    work=''
    return 1
}

host() {
    name=$(uname -n || cat /proc/sys/kernel/hostname)
    case $name in '' | *[!A-Za-z0-9._-]* | [.-]*) name=guest ;; esac
    printf '%s' "$name"
}

reason() { # what the first line of $work/err says is wrong
    said=''
    while IFS= read -r said || [ -n "$said" ]; do
        [ -z "$said" ] || break
    done <"$work/err"
    [ "$code" != 153 ] || said='the limit on the size of files is reached'
    said=${said##*: }
    printf '%s' "${said:-it ended with code $code}"
}

clean() { # leave no process and no file behind
    trap '' HUP INT TERM
    for worker in $working; do
        eval "kill -9 \"\$worker_$worker\""
        child=0
        [ ! -e "$work/$worker.run" ] || read -r child _ <"$work/$worker.run"
        [ "${child:-0}" = 0 ] || stop "$child"
    done
    [ -z "$packing" ] || kill -9 "$packing"
    [ -z "$beside" ] || { cd "$here" && rm -f "$beside"; }
    [ -z "$work" ] || { cd / && rm -rf "$work"; }
    # What was stopped a moment ago may have written once more.
    [ -z "$work" ] || [ ! -d "$work" ] || { nap && rm -rf "$work"; }
    clear_line
}

clear_line() { # of progress
    [ ! -t 3 ] || printf '\r%60s\r' '' >&3
}

pack() { # make the archive beside $file and give it its name
    clear_line
    (archive) </dev/null >/dev/null 2>"$work/err" 3>&- &
    packing=$!
    clock
    until=$((clock + pack_limit * 100))
    while [ ! -e "$work/packed" ] && kill -0 "$packing"; do
        clock
        [ "$clock" -lt "$until" ] || fail "cannot write $file: packing took more than $pack_limit s"
        nap
    done
    wait "$packing"
    code=$?
    packing=''
    cd "$here" || exit 2
    [ "$code" = 0 ] || fail "cannot write $file: $(reason)"
    mv -f "$beside" "$file" 2>"$work/err" || fail "cannot write $file: $(reason)"
    beside=''
    size_of "$file"
    case $size in 0) size='' ;; *) size=", $size bytes" ;; esac
    printf '%s\n' "collect.sh: $count answers$size in $file" >&3 || return 0
}

archive() {
    cd "$work/tree" || exit
    for worker in $workers; do
        [ -e "$work/$worker.dropped" ] || continue
        while read -r line; do
            dropped="$dropped $line"
        done <"$work/$worker.dropped"
    done
    # shellcheck disable=SC2086  # these are names that we made
    [ -z "$dropped" ] || { cd "$tree" && rm -f $dropped && cd ..; }
    set -- "$top/manifest.json"
    for name in $names; do
        for text in "$top/$name"/*; do
            [ ! -e "$text" ] || set -- "$@" "$top/$name"
            break
        done
    done
    tar cf "$work/tar" "$@" || exit
    cd "$here" || exit
    if command -v gzip >/dev/null; then
        gzip -c <"$work/tar" >"$beside" || exit
    else
        cat "$work/tar" >"$beside" || exit
    fi
    : >"$work/packed"
    exit 0
}

manifest() {
    count=0
    {
        printf '{\n "schema": "guestcheck.recording/1",\n "tool": "%s",\n' "$tool"
        printf ' "time": "%s",\n "source": "live",\n "answers": [' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
        comma=''
        for name in $names; do
            [ -e "$work/$name.done" ] || never_done "$name"
            [ -e "$work/$name.answers" ] || continue
            while IFS= read -r line; do
                printf '%s\n  %s' "$comma" "$line" || return 1
                comma=, count=$((count + 1))
            done <"$work/$name.answers"
        done
        printf '\n ]\n}\n'
    } >"$tree/manifest.json"
}

never_done() { # NAME: of a question whose turn did not come in time
    printf '{"question": "%s", "asked": "%s", "status": "timeout", "detail": "%s s", "seconds": 0, "file": null}\n' \
        "$1" "$1" "$whole_limit" >>"$work/$1.answers"
}

# --- the first process: nothing here waits for another longer than a nap

clock() { # $clock: hundredths of a second since the start; builtins alone, for it is looked at often
    up=''
    read -r up _ <"$uptime" || return 0
    cents=${up#*.} up=${up%.*}
    # Some shells count to 2^31 only.
    case $up in ???????*) up=${up#"${up%??????}"} ;; esac
    while :; do
        case $up in 0?*) up=${up#0} ;; *) break ;; esac
    done
    clock=$((up * 100 + ${cents#0} - zero))
    [ "$clock" -ge 0 ] || clock=$((clock + 100000000))
}

nap() { # a tenth of a second at first and longer later: a slow guest has better to do than to count our naps
    naps=$((naps + 1))
    [ "$naps" != 30 ] || [ "$nap" != 0.1 ] || nap=0.5
    case $nap in 0.1) tick 1 ;; 0.5) tick 5 ;; *) tick 10 ;; esac
    sleep "$nap" && return 0
    # This sleep knows no fractions; and where there is none at all we go round and round until all is done.
    nap=1
    sleep 1
}

tick() { # TENTHS: where the kernel tells no time, the naps are counted and written down for the workers
    [ "$uptime" = /proc/uptime ] || {
        ticks=$((${ticks:-0} + $1))
        printf '%s.%s0\n' $((ticks / 10)) $((ticks % 10)) >"$uptime"
    }
}

progress() {
    [ -t 3 ] || return 0
    left=0
    for name in $names; do
        [ -e "$work/$name.done" ] || { left=$((left + 1)) && last=$name; }
    done
    [ "$left" = 0 ] || printf '\r%-60s' "guestcheck: $left questions to go ($last)" >&3
}

employ() { # WORKER
    (worker "$1") </dev/null >/dev/null 2>&1 3>&- &
    eval "worker_$1=\$!"
}

stop() { # PROGRAM, with its children where it has a session of its own
    kill -9 "-$1"
    kill -9 "$1"
}

seen_after() { # WORKER: true when it has ended; stops what is late
    shell=''
    eval "shell=\$worker_$1"
    own=$work/$1 over=''
    clock
    [ "$clock" -lt $((started + whole_limit * 100)) ] || over=yes
    if [ -e "$own.ended" ] || ! kill -0 "$shell"; then
        wait "$shell"
        code=$?
        case $code in
        0) return 0 ;;
        9 | 153) full=yes ;;
        *) ended_badly failed "the shell ended with code $code" ;;
        esac
        [ -z "$full$over" ] || return 0
        employ "$1"
        return 1
    fi
    child=0 until=0 limit=0 dot=''
    read -r child until limit dot <"$own.run"
    [ "$dot" = . ] || child=0 until=99999999
    if [ -n "$over" ]; then
        limit=$whole_limit
        [ "$child" = 0 ] || stop "$child"
    elif [ "$clock" -lt "$until" ]; then
        return 1
    elif [ "$child" != 0 ] && [ "$clock" -lt $((until + 300)) ]; then
        # A program asleep in the kernel does not even end now; three seconds later its worker is given up.
        printf '%s\n' "$child" >"$own.late"
        stop "$child"
        return 1
    fi
    kill -9 "$shell"
    ended_badly timeout "$limit s"
    [ -z "$over" ] || return 0
    # Another takes its place, and goes on with the next question.
    employ "$1"
    return 1
}

ended_badly() { # STATUS DETAIL: write the answer that a worker did not come to write; half a text would tell less than none
    asked='' question=''
    { read -r _ && IFS= read -r asked && IFS= read -r text; } <"$own.run"
    question=${text%%/*}
    [ -n "$question" ] || return 0
    dropped="$dropped $text"
    printf '' >"$own.run"
    printf '' >"$work/$question.done"
    printf '{"question": "%s", "asked": "%s", "status": "%s", "detail": "%s", "seconds": 0, "file": null}\n' \
        "$question" "$asked" "$1" "$2" >>"$work/$question.answers" || full=yes
}

# --- a worker

worker() { # WORKER: put every question that nobody else has begun
    trap - EXIT HUP INT TERM
    own=$work/$1
    dropped='' full=''
    for question in $order; do
        mine=''
        set -C
        # Whoever makes this file has the question. (A special built-in such as : would end the shell when it cannot.)
        printf '' >"$work/$question.begun" && mine=yes
        set +C
        [ -n "$mine" ] || continue
        number=0 choosing='' answered=''
        put "$question"
        printf '' >"$work/$question.done"
        [ -z "$dropped" ] || printf '%s\n' "$dropped" >>"$own.dropped"
        dropped=''
        [ -z "$full" ] || break
    done
    printf '' >"$own.ended"
    [ -z "$full" ] || exit 9
    exit 0
}

one_of() { # the words that follow, until end_of, ask for the same thing: the first that is answered is enough
    choosing=yes answered='' kept='' kept_status='' kept_files='' kept_number=$number hung=''
}

end_of() {
    number=$kept_number choosing='' answered=''
    keep "$kept"
}

keep() { # ANSWERS
    [ -z "$1" ] || printf '%s' "$1" >>"$work/$question.answers" || full=yes
}

start_word() { # false where an earlier word was answered
    [ -z "$answered" ] || return 1
    said='' status='' good='' files='' first_number=$number
}

end_word() {
    [ -n "$said" ] || return 0
    # Of several that failed the one that said most is kept: a refusal tells more than an absence.
    case $good,$kept_status,$status in
    yes,* | ,,* | ,unasked,* | ,absent,[!a]*)
        dropped="$dropped $kept_files"
        kept=$said kept_status=$status kept_files=$files kept_number=$number answered=$good
        ;;
    *) dropped="$dropped $files" ;;
    esac
    number=$first_number
}

begin() { # ASKED: what the next answer is the answer to
    clock
    began=$clock
    json "$1"
    asked=$json
    name_of "$1"
    case $number in ?) text=00$number ;; ??) text=0$number ;; *) text=$number ;; esac
    text=$question/$text-$name.txt
    mark 0 "$word_limit"
}

mark() { # PROGRAM SECONDS: tell the first process what is under way, and until when
    printf '%s %s %s .\n%s\n%s\n' "$1" $((clock + $2 * 100)) "$2" "$asked" "$text" >"$own.run" || full=yes
}

answer() { # STATUS DETAIL
    clock
    spent=$((clock - began))
    json "$2"
    written=null
    if [ -s "$tree/$text" ]; then
        written="\"$text\"" files="$files $text"
    elif [ -e "$tree/$text" ]; then
        dropped="$dropped $text"
    fi
    case $spent in ?) cents=0$spent ;; *) cents=${spent#"${spent%??}"} ;; esac
    entry="{\"question\": \"$question\", \"asked\": \"$asked\", \"status\": \"$1\", \"detail\": \"$json\","
    entry="$entry \"seconds\": $((spent / 100)).$cents, \"file\": $written}$nl"
    if [ -n "$choosing" ]; then said=$said$entry; else keep "$entry"; fi
    status=${status:-$1}
    case $1 in ok | cut) good=yes ;; esac
    number=$((number + 1))
}

name_of() { # ASKED: $name, letters, digits, dots and dashes of it
    rest=$1 name=''
    while :; do
        case $rest in [!A-Za-z0-9-]*) rest=${rest#?} ;; *) break ;; esac
    done
    rest=${rest%"${rest##*[A-Za-z0-9-]}"}
    while [ -n "$rest" ] && [ ${#name} -lt 60 ]; do
        first=${rest%"${rest#?}"} rest=${rest#?}
        case $first in [A-Za-z0-9.-]) ;; *) first=_ ;; esac
        name=$name$first
    done
    name=${name:-answer}
}

run() { # OUTPUT SECONDS WORDS...: $code and $late tell how they ended; the first process keeps the limit
    output=$1 seconds=$2
    shift 2
    "$@" </dev/null 2>"$own.err" >"$output" &
    child=$!
    clock
    mark "$child" "$seconds"
    wait "$child"
    code=$?
    late=''
    [ ! -e "$own.late" ] || read -r late <"$own.late"
    [ "$late" = "$child" ] || late=''
    clock
    mark 0 "$word_limit"
    complaint
}

complaint() { # $complaint: the first line on standard error
    complaint='' line=''
    # On a full disk there is no room for the complaint either.
    [ "$code" = 0 ] || printf '%s\n' "$output" >"$own.probe" || full=yes
    [ -s "$own.err" ] || return 0
    while read -r line || [ -n "$line" ]; do
        [ -z "$line" ] || { complaint=$line && break; }
    done <"$own.err"
    case $complaint in *'No space left'* | *'File too large'* | *'quota exceeded'*) full=yes ;; esac
}

# --- the words: each as sources/live.py answers it

ask_library() { # NAME: of Python, and there is none
    start_word || return 0
    begin "$1"
    answer unasked ''
    end_word
}

ask_program() { # SECONDS CODES NEEDS EACH WORDS...
    start_word || return 0
    limit=$1 codes=$2 needs=$3 each=$4
    shift 4
    if [ -n "$needs" ] && [ ! -e "$needs" ]; then
        begin "$*"
        answer absent "$needs is not there"
    elif [ -n "$each" ]; then
        for path in $each; do
            one=${path#"${each%%\**}"}
            one=${one%%/*}
            # A name that begins with a dash would be taken for an option.
            case $one in '*' | -*) continue ;; esac
            for_each "$one" "$@"
        done
    elif [ -z "$choosing" ] || [ "$1" != "$hung" ]; then # else it hung with other words, and would with these
        program "$@"
    fi
    end_word
}

for_each() { # NAME WORDS...: put NAME in the place of {}
    put_in=$1 left=$(($# - 1))
    shift
    while [ "$left" -gt 0 ]; do
        part=$1 left=$((left - 1))
        shift
        case $part in *'{}'*) part=${part%%'{}'*}$put_in${part#*'{}'} ;; esac
        set -- "$@" "$part"
    done
    program "$@"
}

program() { # WORDS...
    begin "$*"
    if ! command -v "$1" >/dev/null; then
        answer absent "$1 is not installed"
        return 0
    fi
    run "$tree/$text" "$limit" bounded "$@"
    # ksh tells of a signal by 256 and more.
    [ "$code" -le 256 ] || code=$((code - 128))
    case $code,$complaint in
    126,*'Permission denied'*)
        # Some shells find what is no program too.
        answer absent "$1 is not installed"
        return 0
        ;;
    esac
    hide_secrets || { answer failed "$complaint" && return 0; }
    if [ -n "$late" ]; then
        hung=$1
        answer timeout "$limit s"
    elif [ "$code" = 153 ]; then
        answer cut "$((most_output * 512)) bytes"
    elif [ "$code" -gt 128 ]; then
        answer killed "signal $((code - 128))"
    elif [ "$code" = 0 ]; then
        answer ok ''
    else
        case " $codes " in
        *" $code "*) [ ! -s "$tree/$text" ] || code=0 ;;
        esac
        if [ "$code" = 0 ]; then answer ok ''; else answer failed "exit code $code${complaint:+: $complaint}"; fi
    fi
}

hide_secrets() { # in what a program printed; false where that cannot be done, and then nothing of it is kept
    [ -s "$tree/$text" ] || return 0
    if [ -z "$starring" ]; then
        target=$tree/$text
        ! is_secret || { printf '' >"$target" && complaint='sed is not installed' && return 1; }
        return 0
    fi
    mark 0 "$word_limit"
    sed -r "$stars" "$tree/$text" >"$own.starred" && cat "$own.starred" >"$tree/$text" && return 0
    printf '' >"$tree/$text"
    full=yes
}

is_secret() { # whether a password or key may be in $target
    case $(cat "$target") in
    @MARKS@) return 0 ;;
    esac
    return 1
}

bounded() { # WORDS...: become that program, in a session of its own where that can be had
    ulimit -f "$most_output" 2>/dev/null
    exec ${session:+"$session"} "$@"
}

ask_file() { # PATTERN LIMIT WHOLE-OR-HEAD ONLY SED
    start_word || return 0
    there=''
    for path in $1; do
        if [ -e "$path" ] || [ -L "$path" ]; then
            there=yes
            begin "$path"
            read_file "$path" "$2" "$3" "$4" "$5"
        fi
    done
    if [ -z "$there" ]; then
        begin "$1"
        why_absent "$1"
        answer absent "$why"
    fi
    end_word
}

why_absent() { # PATTERN
    fixed=${1%%\**}
    fixed=${fixed%/*}
    why=''
    [ -d "${fixed:-/}" ] || why="$fixed is not there"
}

read_file() { # PATH LIMIT WHOLE-OR-HEAD ONLY SED
    target=$tree/$text
    if [ ! -e "$1" ]; then
        answer absent 'No such file or directory'
    elif [ ! -r "$1" ]; then
        answer denied 'Permission denied'
    elif [ -d "$1" ]; then
        answer failed 'Is a directory'
    elif [ -p "$1" ]; then
        answer ok '' # a pipe: nothing is in it, and it would be waited for
    elif [ -n "$4" ]; then
        run "$target" "$file_limit" starred only "$1" "$2" "$4"
        was_read || return 0
        answer ok ''
    elif [ -n "$5" ]; then
        run "$target" "$file_limit" picked "$1" "$2" "$5$nl$stars"
        was_read || return 0
        answer ok ''
    else
        more=''
        case $1 in
        *.gz) unpacked "$1" "$2" || return 0 ;;
        *)
            run "$target" "$file_limit" starred first_bytes "$1" "$2"
            was_read || return 0
            [ "$3" = head ] || is_more "$1" "$2"
            ;;
        esac
        if [ -n "$more" ] && [ "$3" != head ]; then answer cut "$2 bytes"; else answer ok ''; fi
    fi
}

starred() { # WORDS...: what they print, with stars in the place of passwords and keys
    if [ -n "$starring" ]; then
        # A byte is a character, so that there are as many stars as the live source puts.
        "$@" | LC_ALL=C sed -r "$stars"
    else
        "$@"
    fi
}

first_bytes() { # PATH COUNT
    if [ -n "$take" ]; then
        exec head -c "$2" "$1"
    elif command -v dd >/dev/null; then
        # A byte at a time, since a pipe gives what it has; and by cat, since some files under /proc cannot be read so.
        cat "$1" | dd bs=1 count="$2" 2>/dev/null
    else
        exec cat "$1"
    fi
}

is_more() { # PATH LIMIT: $more tells whether the file that was read goes on
    size_of "$target"
    [ "$size" -ge "$2" ] || return 0
    run "$own.more" "$file_limit" first_bytes "$1" $(($2 + 1))
    size_of "$own.more"
    [ "$size" -le "$2" ] || more=yes
}

size_of() { # PATH: $size
    ls -ln "$1" >"$work/${question:-}.ls"
    read -r _ _ _ _ size _ <"$work/${question:-}.ls"
    case $size in '' | *[!0-9]*) size=0 ;; esac
}

only() { # PATH LIMIT BEGINNING: the entries that begin so; of the others nothing is ever written
    command -v tr >/dev/null || { echo 'tr: is not installed' >&2 && exit 1; }
    first_bytes "$1" "$2" | tr '\n\000' '\001\n' | {
        between=''
        while IFS= read -r entry; do
            case $entry in "$3"*) printf "$between%s" "$entry" && between='\000' ;; esac
        done
    } | tr '\001' '\n'
}

picked() { # PATH LIMIT PROGRAM: the lines that are asked for; of the others nothing is ever written
    command -v sed >/dev/null || { echo 'sed: is not installed' >&2 && exit 1; }
    # A byte is a character, so that no line keeps a part that is none in the guest's language.
    first_bytes "$1" "$2" | LC_ALL=C sed -r "$3"
}

unpacked() { # PATH LIMIT
    run "$own.packed" "$file_limit" first_bytes "$1" "$2"
    was_read || return 1
    target=$own.packed
    is_more "$1" "$2"
    target=$tree/$text
    if ! command -v gzip >/dev/null; then
        answer failed 'gzip is not installed'
        return 1
    fi
    run "$target" "$file_limit" starred unpack $(($2 * 4 + 1))
    was_read || return 1
    size_of "$target"
    if [ "$size" -gt $(($2 * 4)) ]; then
        more=yes
        run "$own.more" "$file_limit" first_bytes "$target" $(($2 * 4))
        cat "$own.more" >"$target" || full=yes
        return 0
    fi
    code=1
    read -r code <"$own.gzip"
    if [ "$code" != 0 ] && [ -z "$more" ]; then
        printf '' >"$target"
        answer failed 'damaged gzip'
        return 1
    fi
}

unpack() { # LIMIT
    {
        gzip -dc <"$own.packed" 2>"$own.damage"
        echo "$?" >"$own.gzip"
    } | if [ -n "$take" ]; then head -c "$1"; else cat; fi
}

was_read() { # false, and answered, where the last run could not read its file
    case $code in 153) full=yes ;; esac
    if [ -z "$late$complaint" ] && [ "$code" = 0 ]; then
        [ -z "$starring" ] && [ "$target" != "$own.packed" ] && is_secret || return 0
        complaint='sed is not installed'
    fi
    printf '' >"$target"
    [ -z "$late" ] || { answer timeout "$file_limit s" && return 1; }
    case $complaint in
    *'Permission denied' | *'Operation not permitted') answer denied "${complaint##*: }" ;;
    *'No such file or directory' | *'Not a directory') answer absent "${complaint##*: }" ;;
    *) answer failed "${complaint##*: }" ;;
    esac
    return 1
}

ask_listing() { # PATTERNS SUFFIXES
    start_word || return 0
    begin "$1"
    some='' suffixes=$2
    {
        for path in $1; do
            [ -e "$path" ] || [ -L "$path" ] || continue
            if [ -n "$suffixes" ]; then
                walk "$path"
            else
                some=yes
                printf '%s\n' "$path" || full=yes
            fi
        done
    } >"$tree/$text" || full=yes
    set -f
    for pattern in $1; do
        fixed=${pattern%%\**}
        fixed=${fixed%/*}
        [ ! -d "${fixed:-/}" ] || some=yes
    done
    set +f
    if [ -n "$some" ]; then answer ok ''; else answer absent ''; fi
    end_word
}

walk() { # FOLDER: all files below whose names end in one of $suffixes; links to folders are not entered
    for entry in "$1"/.* "$1"/*; do
        case $entry in */. | */..) continue ;; esac
        if [ -d "$entry" ] && [ ! -L "$entry" ]; then
            walk "$entry"
            continue
        fi
        for suffix in $suffixes; do
            case $entry in
            *"$suffix")
                some=yes
                printf '%s\n' "$entry" || full=yes
                break
                ;;
            esac
        done
    done
}

# --- device folders: builtins alone for nearly everything, since there are thousands of attributes

ask_tree() { # PATTERN ANCESTORS NAMES...
    start_word || return 0
    begin "$1"
    pattern=$1 ancestors=$2
    shift 2
    reals=''
    {
        for path in $pattern; do
            [ -e "$path" ] || [ -L "$path" ] || continue
            device "$@"
        done
        [ "$ancestors" = no ] || way_up
    } >"$tree/$text" || full=yes
    if [ -s "$tree/$text" ]; then
        answer ok ''
    else
        why_absent "$pattern"
        answer absent "$why"
    fi
    end_word
}

device() { # NAMES...: of the device folder $path
    lines='' label=$path
    if cd -P "$path"; then
        real=$PWD
        [ "$real" = "$path" ] || lines="$path -> $real$nl"
        for name in "$@"; do
            attribute "$name"
        done
    else
        real=$path
        [ ! -L "$path" ] || { link "$path" && lines="$path -> $target$nl" && real=$target; }
    fi
    reals="$reals$real$nl"
    printf '%s' "$lines" || full=yes
}

way_up() { # the drivers and subsystems from each of $reals upwards
    printf '%s' "$reals" >"$own.reals" || full=yes
    seen=$nl
    while IFS= read -r real; do
        lines=''
        while :; do
            case $real in /*/*/*) ;; *) break ;; esac
            case $seen in *"$nl$real$nl"*) break ;; esac
            seen="$seen$real$nl" label=$real
            if cd -P "$real"; then
                attribute driver
                attribute subsystem
            fi
            real=${real%/*}
        done
        printf '%s' "$lines" || full=yes
    done <"$own.reals"
}

attribute() { # NAME: add to $lines what it says in this folder, which the guest knows as $label
    case $1 in
    */)
        entries "$1"
        return 0
        ;;
    driver | subsystem | device | master | physfn)
        if [ -L "$1" ]; then
            ! link "$1" || lines="$lines$label/$1 -> $target$nl"
            return 0
        fi
        ;;
    esac
    [ -r "$1" ] || return 0
    value='' line='' gap='' odd=''
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in *[!]\ -[_-~^]*) odd=yes ;; esac
        value=$value$gap$line
        gap='\x0a'
        [ ${#value} -lt 4096 ] || { odd=yes && break; }
    done <"$1"
    if [ -z "$gap" ]; then
        # Empty, or it cannot be read: the shell does not tell.
        run /dev/null "$file_limit" cat "$1"
        [ "$code" = 0 ] && [ -z "$late" ] || return 0
    elif [ -n "$odd" ]; then
        spell text "$1" || return 0
        value=$spelt
    else
        while :; do
            case $value in
            *' ') value=${value%?} ;;
            *'\x0a') value=${value%????} ;;
            *) break ;;
            esac
        done
    fi
    lines="$lines$label/$1 = $value$nl"
}

link() { # PATH: $target, where the link leads; by cd, which takes no new process
    back=$PWD
    if cd -P "$1"; then
        target=$PWD
        cd "$back" || return 1
        return 0
    fi
    if command -v readlink >/dev/null; then
        target=$(readlink "$1") || return 1
    else
        target=$(ls -ld "$1") || return 1
        target=${target##* -> }
    fi
    case $1 in /*) back=${1%/*} ;; esac
    case $target in
    /*) ;;
    *)
        while :; do
            case $target in
            ../*) target=${target#../} back=${back%/*} ;;
            *) break ;;
            esac
        done
        target=$back/$target
        ;;
    esac
}

entries() { # FOLDER/
    [ -d "$1" ] && [ -r "$1" ] || return 0
    list=''
    for entry in "$1".* "$1"*; do
        name=${entry##*/}
        case $name in . | ..) continue ;; esac
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        case $name in
        *[!]!-[_-~^]*)
            printf '%s' "$name" >"$own.bytes" || full=yes
            spell name "$own.bytes" || continue
            name=$spelt
            ;;
        esac
        list="$list $name"
    done
    lines="$lines$label/$1 : ${list# }$nl"
}

# --- odd characters

json() { # TEXT: $json, as it stands between the quotes of a JSON string
    json=$1
    case $json in *[!]\ !#-[_-~^]*) ;; *) return 0 ;; esac
    printf '%s' "$json" >"$own.bytes" || full=yes
    if spell json "$own.bytes"; then
        json=$spelt
        return 0
    fi
    rest=$json json=''
    while [ -n "$rest" ]; do
        first=${rest%"${rest#?}"} rest=${rest#?}
        case $first in [!]\ !#-[_-~^]) first='?' ;; esac
        json=$json$first
    done
}

# Writes the bytes of a file as $spelt, in plain ASCII. text: \xNN, \uNNNN and \UNNNNNNNN, without blanks at the end; name: blanks
# so too; json: \uNNNN. A text that is no UTF-8 is taken a byte at a time.
spell() { # KIND PATH
    [ -n "$octal" ] || return 1
    run "$own.octal" "$file_limit" "$octal" -bv "$2"
    [ "$code" = 0 ] && [ -z "$late" ] || return 1
    spell_points "$1" || spell_bytes "$1"
    if [ "$1" = text ]; then
        while :; do
            case $points in
            *'\0040' | *'\\x09' | *'\\x0'[a-d] | *'\\x1'[c-f] | *'\\x85' | *'\\xa0') points=${points%?????} ;;
            *) break ;;
            esac
        done
    fi
    spelt=$(printf '%b' "$points")
}

spell_points() { # KIND: false where it is no UTF-8
    points='' bytes=0 need=0
    while read -r _ octets; do
        for octet in $octets; do
            bytes=$((bytes + 1))
            [ "$bytes" -le 4096 ] || return 0
            byte
            if [ "$need" -gt 0 ]; then
                [ "$byte" -ge 128 ] && [ "$byte" -le 191 ] || return 1
                point=$((point * 64 + byte - 128)) need=$((need - 1))
                [ "$need" = 0 ] || continue
                [ "$point" -ge "$least" ] && [ "$point" -le 1114111 ] || return 1
                [ "$point" -lt 55296 ] || [ "$point" -gt 57343 ] || return 1
            elif [ "$byte" -lt 128 ]; then
                point=$byte
            elif [ "$byte" -lt 192 ]; then
                return 1
            elif [ "$byte" -lt 224 ]; then
                point=$((byte - 192)) need=1 least=128
                continue
            elif [ "$byte" -lt 240 ]; then
                point=$((byte - 224)) need=2 least=2048
                continue
            elif [ "$byte" -lt 248 ]; then
                point=$((byte - 240)) need=3 least=65536
                continue
            else
                return 1
            fi
            add_point "$1"
        done
    done <"$own.octal"
    [ "$need" = 0 ]
}

spell_bytes() { # KIND
    points='' bytes=0
    while read -r _ octets; do
        for octet in $octets; do
            bytes=$((bytes + 1))
            [ "$bytes" -le 4096 ] || return 0
            byte
            point=$byte
            # What Python makes of such a file name
            [ "$1" != json ] || [ "$byte" -lt 128 ] || point=$((byte + 56320))
            add_point "$1"
        done
    done <"$own.octal"
}

byte() { # $byte, the number of $octet
    high=${octet%??} low=${octet#??} middle=${octet#?}
    byte=$((high * 64 + ${middle%?} * 8 + low))
}

add_point() { # KIND: $point to $points, which printf makes characters of at the end
    case $1,$point in
    json,34 | *,92 | name,32) ;;
    *)
        if [ "$point" -ge 32 ] && [ "$point" -le 126 ]; then
            points="$points\\0$octet"
            return 0
        fi
        ;;
    esac
    if [ "$1" != json ]; then
        if [ "$point" -lt 256 ]; then
            hex "$point" 2 && points="$points\\\\x$hex"
        elif [ "$point" -lt 65536 ]; then
            hex "$point" 4 && points="$points\\\\u$hex"
        else
            hex "$point" 8 && points="$points\\\\U$hex"
        fi
    elif [ "$point" -lt 65536 ]; then
        hex "$point" 4 && points="$points\\\\u$hex"
    else
        hex $((55296 + (point - 65536) / 1024)) 4 && points="$points\\\\u$hex"
        hex $((56320 + (point - 65536) % 1024)) 4 && points="$points\\\\u$hex"
    fi
}

hex() { # NUMBER DIGITS: $hex
    hex='' rest=$1
    while [ ${#hex} -lt "$2" ]; do
        digit=$((rest % 16)) rest=$((rest / 16))
        case $digit in 10) digit=a ;; 11) digit=b ;; 12) digit=c ;; 13) digit=d ;; 14) digit=e ;; 15) digit=f ;; esac
        hex=$digit$hex
    done
}

# --- what is asked

@QUESTIONS@

set +m
set +f
umask 077
unset CDPATH
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C LANGUAGE=C
export PATH LC_ALL LANGUAGE
# Whoever starts us may have closed it.
true >&2 || exec 2>/dev/null
# What shells and programs say of trouble is looked at, not shown.
exec 3>&2 2>/dev/null
main "$@"
