#!/bin/sh
# Records what guestcheck asks of a guest, where there is no Python to run it. It changes nothing and needs no root:
#
#   sh collect.sh [FILE]       without FILE: ./guestcheck-HOST-DATE.tar.gz; "-": to standard output
#   guestcheck check FILE      judges the recording, on any machine
#   ssh GUEST sh -s -- - <collect.sh >guest.tar.gz
#
# Needed: a POSIX shell, cat, mkdir, mv, rm and tar. Made by `guestcheck collector sh`: what is asked stands in put(), near the end.
# A few workers put the questions, and each may hang; the first process looks after them, waits for nobody and
# stops what is late. timeout(1) would not do: it waits for what it stopped, and so hangs with a program asleep in the kernel.
# shellcheck disable=SC2002,SC2317,SC2329  # cat reads whole what under /proc cannot be read in parts; run() calls by name

# As root, "2>/dev/null" would make a file of that name, and leave it.
[ -c /dev/null ] || { echo 'collect.sh: there is no /dev/null here, and it is needed: mount /dev first' >&2 && exit 2; }
# What a start-up file may have changed, from here on: aliases even change how the lines below are read.
# shellcheck disable=SC3044
if [ -n "${ZSH_VERSION-}" ]; then emulate sh; fi
unalias -a 2>/dev/null
set +e
set +a +f +u +C
IFS=' 	
'
if [ -n "${BASH_VERSION-}" ]; then
    # shellcheck disable=SC3044
    shopt -u failglob nullglob dotglob nocaseglob nocasematch 2>/dev/null
fi
unset -f cat cd command date dd echo exit gzip head hexdump kill ls mkdir mktemp mv od printf pwd read readlink rm sed set setsid sleep tar tr trap ulimit \
    umask uname wait 2>/dev/null
unset CDPATH GLOBIGNORE TAR_OPTIONS GZIP POSIXLY_CORRECT BLOCK_SIZE BLOCKSIZE LS_BLOCK_SIZE TIME_STYLE QUOTING_STYLE 2>/dev/null
if ! (eval 'text=a/b.c number=9; f() { case $1 in [!x]*) return 3 ;; esac; }; f y; [ "$?${text#*/}${text%%.*}$((number / 2))" = 3b.ca/b4 ]') 2>/dev/null; then
    echo 'collect.sh: this shell cannot run it; use another one, such as dash, bash, busybox sh, ksh or yash' >&2
    exit 2
fi

tool='guestcheck @VERSION@ collect.sh'
# Seconds: for reading one file, for one word that is answered without programs, for all questions, and for packing.
file_limit=20 word_limit=100 whole_limit=300 pack_limit=120
# More at a time take the processor from each other, and then what is only slow would be taken for what hangs.
workers='1 2 3'
# What a program prints beyond this many units of 512 bytes (8 MiB) is cut.
most_output=16384
nl='
'
# What puts stars in the place of passwords and keys. Made of the table that all sources have (privacy/secrets.py).
# shellcheck disable=SC2016  # those dollar signs are sed's
stars=@STARS@

main() {
    [ "${1-}" != -o ] || shift
    case ${1-} in
    -h | --help)
        echo 'usage: sh collect.sh [FILE]    record this guest for guestcheck (default: ./guestcheck-HOST-DATE.tar.gz; "-": standard output)'
        exit 0
        ;;
    -) [ ! -t 1 ] || fail 'standard output is a terminal; name a FILE, or send it to one' ;;
    -*) fail "there is no option $1; usage: sh collect.sh [FILE]" ;;
    esac
    [ $# -le 1 ] || fail "one FILE is enough; usage: sh collect.sh [FILE]"
    prepare "${1-}"
    clock
    started=$clock working=$workers
    (guard) </dev/null >/dev/null 2>&1 3>&- &
    guard=$!
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
    [ -z "$full" ] || no_room
    manifest || no_room
    pack
}

no_room() {
    fail "cannot write to $work: no space left, or a limit on the size of files; set TMPDIR to a folder with more room"
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
    if [ "$file" != - ]; then
        [ ! -L "$file" ] || fail "cannot write $file: it is a link, name the file itself"
        if [ -e "$file" ] && [ ! -f "$file" ]; then
            fail "cannot write $file: a recording goes into a file, and this is none"
        fi
    fi
    here=$PWD code=0 work='' beside='' packing='' working='' full='' dropped='' guard='' nap=0.1 naps=0
    trap clean EXIT
    trap 'quit 129' HUP
    trap 'quit 130' INT
    trap 'quit 131' QUIT
    trap 'quit 143' TERM
    # Nobody may read what we say any more; the recording is made all the same.
    trap : PIPE
    for room in 1024 64; do
        for place in "${TMPDIR:-/tmp}" "$folder" /var/tmp /dev/shm /run; do
            private_folder "$place" "$room" && break 2
        done
    done
    [ -n "$work" ] || fail "there is no folder to work in: cannot write $room KiB to ${TMPDIR:-/tmp}, $folder, /var/tmp, /dev/shm or /run; set TMPDIR"
    case $work in /*) ;; *) work=$here/$work ;; esac
    if [ "$file" = - ]; then
        beside=$work/packed.tar.gz
    else
        (set -C && : >"$file.$$.tmp") 2>"$work/err" || fail "cannot write $file: $(reason)"
        beside=$file.$$.tmp
    fi
    top=${file##*/} top=${top%%.*}
    case $top in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_-]*) top=guestcheck ;; esac
    tree=$work/tree/$top
    # shellcheck disable=SC2086  # the names of questions are plain words
    { mkdir "$work/tree" "$tree" && cd "$tree" && mkdir $names; } || no_room
    session='' take='' octal='' physical='' listing='' reached=''
    ! command -v setsid >/dev/null || session=setsid
    ! head -c 1 </dev/null >/dev/null || take='head -c'
    for program in od hexdump; do
        [ -n "$octal" ] || ! command -v "$program" >/dev/null || octal=$program
    done
    starring='' no_stars='sed is not installed'
    ! command -v sed >/dev/null || no_stars='this sed cannot hide passwords'
    [ "$(printf 'PassWord=a key=/b pw=c\n' | sed -r "$stars")" != 'PassWord=***** key=/b pw=*****' ] || starring=yes
    # Some shells take a link of /sys, which is told to be empty, for the folder that it leads to.
    for link in /sys/class/*/*; do
        if [ ! -L "$link" ] || [ ! -d "$link" ]; then continue; fi
        [ "$(cd -P "$link" && echo "$PWD")" = "$(cd "$link" && pwd -P)" ] || physical=yes
        break
    done
    uptime=/proc/uptime clock=0 zero=0
    if ! read -r _ <"$uptime"; then
        uptime=$work/uptime
        tick 0
    fi
    clock
    zero=$clock
}

private_folder() { # PLACE KIB: make $work there, where there is that much room
    # A new folder of our own, or none: mkdir takes no other. ksh93 keeps what mktemp prints in a file, for which there may be no room.
    work=$1/guestcheck.$$.d
    mkdir "$work" || { work=$(mktemp -d "$1/guestcheck.XXXXXX") && [ -d "$work" ]; } || { work='' && return 1; }
    # A process of its own: a limit on the size of files ends the one that meets it.
    (fill "$2") >"$work/room" &
    # Not every shell tells that what it printed found no room.
    if wait "$!"; then
        case $(ls -ln "$work/room" || echo " $(($2 * 1024)) ") in *" $(($2 * 1024)) "*) rm -f "$work/room" && return 0 ;; esac
    fi
    rm -rf "$work"
    work=''
    return 1
}

fill() { # KIB: print so many
    trap - EXIT HUP INT QUIT TERM PIPE
    block=0123456789abcdef blocks=0
    while [ ${#block} -lt 16384 ]; do
        block=$block$block
    done
    while [ "$blocks" -lt $(($1 / 16)) ]; do
        emit "$block" || exit 1
        blocks=$((blocks + 1))
    done
    exit 0
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
    # zsh names the file last, ksh93 puts the reason in brackets.
    case $said in
    *'ermission denied'*) said='Permission denied' ;;
    *'no space left'*) said='No space left on device' ;;
    esac
    said=${said##*: }
    printf '%s' "${said:-it ended with code $code}"
}

quit() { # CODE: after a signal
    # Some shells end with 0 where this trap is left in place.
    trap - EXIT
    clean
    exit "$1"
}

clean() { # leave no process and no file behind
    trap '' HUP INT QUIT TERM PIPE
    [ -z "$guard" ] || stop "$guard"
    for worker in $working; do
        eval "kill -9 \"\$worker_$worker\""
        child=0
        [ ! -e "$work/$worker.run" ] || read -r child _ <"$work/$worker.run"
        [ "${child:-0}" = 0 ] || stop "$child"
    done
    [ -z "$packing" ] || stop "$packing"
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
    if [ "$file" = - ]; then
        cat "$beside" || fail 'cannot write to standard output'
        printf '%s\n' "collect.sh: $count answers" >&3
        return 0
    fi
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
    for unfinished in $names; do
        [ -e "$work/$unfinished.done" ] || rest_of "$unfinished"
    done
    [ -z "$full" ] || return 1
    count=0
    {
        printf '{\n "schema": "guestcheck.recording/1",\n "tool": "%s",\n' "$tool"
        printf ' "time": "%s",\n "source": "live",\n "answers": [' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
        comma=''
        for name in $names; do
            [ -e "$work/$name.answers" ] || continue
            while IFS= read -r line; do
                printf '%s\n  %s' "$comma" "$line" || return 1
                comma=, count=$((count + 1))
            done <"$work/$name.answers"
        done
        printf '\n ]\n}\n'
    } >"$tree/manifest.json"
}

rest_of() { # NAME: write down what of a question nobody came to ask
    question=$1 skip=0 number=0 group=0 choosing='' answered='' listing=yes own=$work/0 files=''
    [ ! -e "$work/$1.reached" ] || read -r skip number <"$work/$1.reached"
    put "$1"
    listing=''
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

employ() { # WORKER [QUESTION GROUP NUMBER]: with these it first goes on with that question
    (worker "$@") </dev/null >/dev/null 2>&1 3>&- &
    eval "worker_$1=\$!"
    echo "$!" >"$work/$1.pid"
}

stop() { # PROGRAM, with its children
    case $1 in '' | *[!0-9]* | [01] | "$$") return 0 ;; esac
    family "$1"
    # As a program, kill of procps 4.0 takes "-123" for "-1", which is every process. As a builtin it does not.
    [ -n "$outside" ] || kill -9 "-$1"
    # shellcheck disable=SC2086  # these are numbers
    kill -9 $family
}

family() { # PROCESS: $family, it and all that come from it, as far as /proc shows them
    family=$1 pairs='' grown=yes
    for stat in /proc/[0-9]*/stat; do
        line=''
        read -r line <"$stat" || continue
        id=${stat#/proc/} line=${line##*\) } line=${line#* }
        pairs="$pairs ${id%/stat}:${line%% *}"
    done
    while [ -n "$grown" ]; do
        grown=''
        for pair in $pairs; do
            case " $family " in *" ${pair%:*} "*) continue ;; esac
            case " $family " in *" ${pair#*:} "*) family="$family ${pair%:*}" grown=yes ;; esac
        done
    done
}

guard() { # wait for the end of the first process; where it was killed nobody else stops programs and removes files
    trap - EXIT HUP INT QUIT TERM PIPE
    while lives && sleep 2; do
        :
    done
    ! lives || exit 0
    for worker in $workers; do
        shell=0 child=0
        read -r shell <"$work/$worker.pid"
        read -r child _ <"$work/$worker.run"
        [ "${shell:-0}" = 0 ] || stop "$shell"
        [ "${child:-0}" = 0 ] || stop "$child"
    done
    cd / && rm -rf "$work"
    [ "$file" = - ] || { cd "$here" && rm -f "$beside"; }
    exit 0
}

lives() { # whether the first process does; one that ended and that nobody waited for counts as ended
    kill -0 "$$" || return 1
    line=''
    read -r line <"/proc/$$/stat" || return 0
    case ${line##*\) } in [ZX]*) return 1 ;; esac
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
        9 | 153) full=yes reached='' ;;
        *) ended_badly failed "the shell ended with code $code" ;;
        esac
        [ -z "$full$over" ] || return 0
        # shellcheck disable=SC2086  # it is empty or three words
        employ "$1" $reached
        return 1
    fi
    child=0 until=0 limit=0 dot=''
    read -r child until limit dot <"$own.run"
    [ "$dot" = . ] || child=0 until=99999999
    if [ -n "$over" ]; then
        # First the worker, which would write down that its program was killed.
        limit=$whole_limit
        kill -9 "$shell"
        [ "$child" = 0 ] || stop "$child"
    elif [ "$clock" -lt "$until" ]; then
        return 1
    elif [ "$child" != 0 ] && [ "$clock" -lt $((until + 300)) ]; then
        # A program asleep in the kernel does not even end now; three seconds later its worker is given up.
        printf '%s\n' "$child" >"$own.late"
        stop "$child"
        return 1
    fi
    stop "$shell"
    ended_badly timeout "$limit s"
    [ -z "$over" ] || return 0
    # Another takes its place, and goes on with the next word.
    # shellcheck disable=SC2086  # it is empty or three words
    employ "$1" $reached
    return 1
}

ended_badly() { # STATUS DETAIL: write the answer that a worker did not come to write; half a text would tell less than none
    asked='' question='' text='' word=0 reached=''
    { read -r _ && IFS= read -r asked && IFS= read -r text && read -r word; } <"$own.run"
    question=${text%%/*}
    [ -n "$question" ] || return 0
    dropped="$dropped $text"
    printf '' >"$own.run"
    printf '{"question": "%s", "asked": "%s", "status": "%s", "detail": "%s", "seconds": 0, "file": null}\n' \
        "$question" "$asked" "$1" "$2" >>"$work/$question.answers" || full=yes
    number=${text#*/} number=${number%%-*}
    while :; do
        case $number in 0?*) number=${number#0} ;; *) break ;; esac
    done
    number=$((number + 1)) reached="$question $word $number"
    echo "$word $number" >"$work/$question.reached"
}

# --- a worker

worker() { # WORKER [QUESTION GROUP NUMBER]: put every question that nobody else has begun
    trap - EXIT HUP INT QUIT TERM PIPE
    own=$work/$1
    dropped='' full=''
    [ $# = 1 ] || take "$2" "$3" "$4"
    for question in $order; do
        [ -z "$full" ] || break
        mine=''
        set -C
        # Whoever makes this file has the question. (A special built-in such as : would end the shell when it cannot.)
        printf '' >"$work/$question.begun" && mine=yes
        set +C
        [ -z "$mine" ] || take "$question" 0 0
    done
    printf '' >"$own.ended"
    [ -z "$full" ] || exit 9
    exit 0
}

take() { # QUESTION GROUP NUMBER: put it, from behind that word or group of words on
    question=$1 skip=$2 number=$3 group=0 choosing='' answered=''
    put "$question"
    printf '' >"$work/$question.done"
    [ -z "$dropped" ] || printf '%s\n' "$dropped" >>"$own.dropped"
    dropped=''
}

one_of() { # the words that follow, until end_of, ask for the same thing: the first that is answered is enough
    group=$((group + 1)) choosing=yes answered='' kept='' kept_state='' kept_files='' kept_number=$number hung=''
}

end_of() {
    number=$kept_number choosing='' answered=''
    keep "$kept"
}

keep() { # ANSWERS
    [ -z "$1" ] || printf '%s' "$1" >>"$work/$question.answers" || full=yes
}

start_word() { # ASKED: false where it is not to be asked: it was before, an earlier word was answered, or there is no time
    [ -n "$choosing" ] || group=$((group + 1))
    [ "$group" -gt "$skip" ] || return 1
    [ -z "$answered" ] || return 1
    said='' state='' good='' files='' first_number=$number
    [ -n "$listing" ] || return 0
    group_of_words=$choosing choosing=''
    begin "$1"
    answer timeout "$whole_limit s"
    choosing=$group_of_words answered=$group_of_words
    return 1
}

end_word() {
    [ -n "$said" ] || return 0
    # Of several that failed the one that said most is kept: a refusal tells more than an absence.
    case $good,$kept_state,$state in
    yes,* | ,,* | ,unasked,* | ,absent,[!a]*)
        dropped="$dropped $kept_files"
        kept=$said kept_state=$state kept_files=$files kept_number=$number answered=$good
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
    printf '%s %s %s .\n%s\n%s\n%s\n' "$1" $((clock + $2 * 100)) "$2" "$asked" "$text" "$group" >"$own.run" || full=yes
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
    state=${state:-$1}
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
    has_mark "$complaint" || return 0
    if [ -n "$starring" ]; then complaint=$(emit "$complaint$nl" | sed -r "$stars"); else complaint='what it says may hold a password'; fi
}

# --- the words: each as sources/live.py answers it

ask_library() { # NAME: of Python, and there is none
    start_word "$1" || return 0
    begin "$1"
    answer unasked ''
    end_word
}

ask_program() { # SECONDS CODES NEEDS EACH WORDS...
    limit=$1 codes=$2 needs=$3 each=$4
    shift 4
    start_word "$*" || return 0
    if [ -n "$needs" ] && [ ! -e "$needs" ]; then
        begin "$*"
        answer absent "$needs is not there"
    elif [ -n "$each" ]; then
        for found in $each; do
            [ -e "$found" ] || [ -L "$found" ] || continue
            # What the star stands for: of this part of the path what is before it and behind it is not.
            one=${found#"${each%%\**}"} behind=${each#*\*}
            one=${one%%/*} behind=${behind%%/*}
            one=${one%"$behind"}
            # A name that begins with a dash would be taken for an option.
            case $one in -*) continue ;; esac
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
        refused_or_absent "$1"
        return 0
    fi
    run "$tree/$text" "$limit" bounded "$@"
    # ksh shows a signal as 256 and more, yash as 384 and more.
    [ "$code" -le 256 ] || code=$((128 + code % 128))
    case $code,$complaint in
    126,*'Permission denied'* | 126,*'Operation not permitted'*)
        refused_or_absent "$1"
        return 0
        ;;
    esac
    ran=$code was_late=$late said_so=$complaint
    hide_secrets || { answer failed "$complaint" && return 0; }
    if [ -n "$was_late" ]; then
        hung=$1
        answer timeout "$limit s"
    elif [ "$ran" = 153 ]; then
        answer cut "$((most_output * 512)) bytes"
    elif [ "$ran" -gt 128 ]; then
        answer killed "signal $((ran - 128))"
    elif [ "$ran" = 0 ]; then
        answer ok ''
    else
        case " $codes " in
        *" $ran "*) [ ! -s "$tree/$text" ] || ran=0 ;;
        esac
        if [ "$ran" = 0 ]; then answer ok ''; else answer failed "exit code $ran${said_so:+: $said_so}"; fi
    fi
}

refused_or_absent() { # PROGRAM: some shells find what is no program too, and a mount or SELinux may refuse one
    printf '' >"$tree/$text"
    set -f
    IFS=:
    for place in $PATH; do
        [ ! -f "$place/$1" ] || case $(ls -lnL "$place/$1") in
        ???[xs]* | ??????[xs]* | ?????????[xt]*)
            IFS=$blanks
            set +f
            answer denied 'Permission denied'
            return 0
            ;;
        esac
    done
    IFS=$blanks
    set +f
    answer absent "$1 is not installed"
}

hide_secrets() { # in the answer's text; false, with a complaint, where that cannot be done: then nothing of it is kept
    [ -s "$tree/$text" ] || return 0
    size_of "$tree/$text"
    # Nearly always there is none, and to look for one takes sed less time than to begin.
    if [ -z "$starring" ] || [ "$size" -le 65536 ]; then
        has_mark "$(cat "$tree/$text")" || return 0
    fi
    if [ -n "$starring" ]; then
        run "$own.starred" "$file_limit" sed -r "$stars" "$tree/$text"
        [ "$code" = 0 ] && [ -z "$late" ] && cat "$own.starred" >"$tree/$text" && return 0
        [ -n "$late$complaint" ] || full=yes
        complaint="it may hold passwords, which sed did not hide${late:+ within $file_limit s}"
    else
        complaint=$no_stars
    fi
    printf '' >"$tree/$text"
    return 1
}

has_mark() { # TEXT: whether a password or key may be in it
    case $1 in
    @MARKS@) return 0 ;;
    esac
    return 1
}

bounded() { # WORDS...: become that program, in a session of its own where that can be had
    ulimit -f "$most_output" 2>/dev/null
    exec ${session:+"$session"} "$@"
}

ask_file() { # PATTERN LIMIT WHOLE-OR-HEAD ONLY SED
    start_word "$1" || return 0
    there=''
    for found in $1; do
        if [ -e "$found" ] || [ -L "$found" ]; then
            there=yes
            begin "$found"
            read_file "$found" "$2" "$3" "$4" "$5"
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
    else
        more=''
        case $4,$5,$1 in
        [!,]*) run "$target" "$file_limit" only "$1" "$2" "$4" ;;
        ,[!,]*) run "$target" "$file_limit" picked "$1" "$2" "$5" ;;
        *.gz) unpacked "$1" "$2" || return 0 ;;
        *) run "$target" "$file_limit" first_bytes "$1" "$2" ;;
        esac
        was_read || return 0
        case $4,$5,$1 in
        ,,*.gz) ;;
        ,,*) [ "$3" = head ] || is_more "$1" "$2" ;;
        esac
        hide_secrets || { answer failed "$complaint" && return 0; }
        if [ -n "$more" ] && [ "$3" != head ]; then answer cut "$2 bytes"; else answer ok ''; fi
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
    run "$target" "$file_limit" unpack $(($2 * 4 + 1))
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
    [ -n "$late$complaint" ] || [ "$code" != 0 ] || return 0
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
    start_word "$1" || return 0
    begin "$1"
    some='' suffixes=$2
    {
        for found in $1; do
            [ -e "$found" ] || [ -L "$found" ] || continue
            if [ -n "$suffixes" ]; then
                walk "$found"
            else
                some=yes
                emit "$found$nl" || full=yes
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
                emit "$entry$nl" || full=yes
                break
                ;;
            esac
        done
    done
}

# --- device folders: builtins alone for nearly everything, since there are thousands of attributes

ask_tree() { # PATTERN ANCESTORS NAMES...
    start_word "$1" || return 0
    begin "$1"
    pattern=$1 ancestors=$2 devices=0 odds=0 lines=''
    shift 2
    {
        for found in $pattern; do
            [ -e "$found" ] || [ -L "$found" ] || continue
            device "$@"
            # Thousands may take longer than a word may: what goes on does not hang.
            devices=$((devices + 1))
            case $devices in *[05]0) clock && mark 0 "$word_limit" ;; esac
        done
        settle
        [ "$ancestors" = no ] || way_up
    } >"$tree/$text" 4>"$own.reals" || full=yes
    if [ -s "$tree/$text" ]; then
        answer ok ''
    else
        why_absent "$pattern"
        answer absent "$why"
    fi
    end_word
}

device() { # NAMES...: of the device folder $found
    label=$found
    if go "$found"; then
        real=$at
        [ "$real" = "$found" ] || lines="$lines$found -> $real$nl"
        for name in "$@"; do
            attribute "$name"
        done
    else
        real=$found
        [ ! -L "$found" ] || { link "$found" && lines="$lines$found -> $target$nl" && real=$target; }
    fi
    emit "$real$nl" >&4 || full=yes
    case $odds in
    0)
        emit "$lines" || full=yes
        lines=''
        ;;
    [4-9]?) settle ;;
    esac
}

go() { # FOLDER: into it; $at is where that really is
    cd -P "$1" || return 1
    if [ -z "$physical" ]; then at=$PWD; else at=$(pwd -P); fi
}

way_up() { # the drivers and subsystems from each real path upwards
    exec 4>&-
    seen=$nl ways=0
    while IFS= read -r real; do
        while :; do
            case $real in /*/*/*) ;; *) break ;; esac
            is_new "$real" || break
            label=$real
            if cd -P "$real"; then
                attribute driver
                attribute subsystem
            fi
            real=${real%/*}
        done
        emit "$lines" || full=yes
        lines=''
        ways=$((ways + 1))
        case $ways in *[05]0) clock && mark 0 "$word_limit" ;; esac
    done <"$own.reals"
    settle
}

# Whether PATH is seen for the first time in this word. A variable for each, named by its last two parts: a list would be searched from
# its beginning each time.
is_new() { # PATH
    key=${1#"${1%/*/*}"}
    set -f
    IFS='/:.,@+-'
    # shellcheck disable=SC2086  # it is to be split
    key_of "$1" $key
    set +f
    case $key in
    *[!A-Za-z0-9_]*)
        case $seen in *"$nl$1$nl"*) return 1 ;; esac
        seen=$seen$1$nl
        return 0
        ;;
    esac
    known=''
    eval "known=\${seen$key-}"
    [ "$known" != "$text:$1" ] || return 1
    eval "seen$key=\$text:\$1"
}

key_of() { # PATH PARTS...: $key, the parts with a line between them
    shift
    IFS=_
    key=$*
    IFS=$blanks
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
    case $1 in
    # Binary: of a null character some shells make an end.
    *vpd_pg*) odd=yes gap=yes ;;
    *)
        while IFS= read -r line || [ -n "$line" ]; do
            case $line in *[!]\ -[_-~^]*) odd=yes ;; esac
            value=$value$gap$line
            gap='\x0a'
            [ ${#value} -lt 4096 ] || { odd=yes && break; }
        done <"$1"
        ;;
    esac
    if [ -z "$gap" ]; then
        # Empty, or it cannot be read: the shell does not tell.
        put_off empty "$1"
        return 0
    elif [ -n "$odd" ]; then
        put_off text "$1"
        return 0
    fi
    while :; do
        case $value in
        *' ') value=${value%?} ;;
        *'\x0a') value=${value%????} ;;
        *) break ;;
        esac
    done
    lines="$lines$label/$1 = $value$nl"
}

# What takes a program to be read is read for many devices at a time: a program for each would take longer than all the rest.
put_off() { # KIND NAME: of a file in this folder
    odds=$((odds + 1))
    eval "before_$odds=\$lines kind_$odds=\$1 file_$odds=\$PWD/\$2 label_$odds=\$label/\$2"
    lines=''
}

settle() { # read what was put off, and write all that is in $lines
    set --
    odd=0
    while [ "$odd" -lt "$odds" ]; do
        odd=$((odd + 1))
        eval "set -- \"\$@\" \"\$file_$odd\""
    done
    alone='' kind=''
    if [ "$odds" -gt 0 ]; then
        run "$own.octals" "$file_limit" dump "$@"
        [ "$code" = 0 ] && [ -z "$late" ] || alone=yes
    fi
    odd=0
    while [ "$odd" -lt "$odds" ]; do
        odd=$((odd + 1))
        eval "emit \"\$before_$odd\"; kind=\$kind_$odd label=\$label_$odd file=\$file_$odd" || full=yes
        if [ -n "$alone" ]; then
            run "$own.octals" "$file_limit" dump "$file"
        fi
        case $alone,$odd in yes,* | ,1) exec 5<"$own.octals" ;; esac
        octets_of <&5 || continue
        case $kind in
        empty) emit "$label = $nl" || full=yes ;;
        *) [ -z "$octal" ] || { spell text && emit "$label = $spelt$nl"; } || full=yes ;;
        esac
    done
    [ "$odds" = 0 ] || exec 5<&-
    emit "$lines" || full=yes
    lines='' odds=0
}

dump() { # FILES...: the bytes of each in octal, and whether it could be read
    for file in "$@"; do
        if [ -n "$octal" ]; then "$octal" -bv "$file"; else cat "$file" >/dev/null; fi && echo '= yes' || echo '= no'
    done
}

octets_of() { # $octets, from what dump() printed of the next file; false where it cannot be read
    octets='' end='' bytes=0
    while read -r first rest; do
        case $first in =) end=$rest && break ;; esac
        bytes=$((bytes + 16))
        [ "$bytes" -gt 4096 ] || octets="$octets $rest"
    done
    [ "$end" = yes ]
}

link() { # PATH: $target, where the link leads; by cd, which takes no new process
    back=$PWD
    if go "$1"; then
        target=$at
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
            spell_word name "$name" || continue
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
    if spell_word json "$json"; then
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

spell_word() { # KIND TEXT
    [ -n "$octal" ] || return 1
    emit "$2" >"$own.bytes" || full=yes
    run "$own.octal" "$file_limit" dump "$own.bytes"
    octets_of <"$own.octal" && spell "$1"
}

# Writes the bytes whose numbers are in $octets as $spelt, in plain ASCII. text: \xNN, \uNNNN and \UNNNNNNNN, without blanks at the end; name:
# blanks so too; json: \uNNNN. A text that is no UTF-8 is taken a byte at a time.
spell() { # KIND
    spell_points "$1" || spell_bytes "$1"
    if [ "$1" = text ]; then
        while :; do
            case $points in
            *'\040') points=${points%????} ;;
            *'\\x09' | *'\\x0'[a-d] | *'\\x1'[c-f] | *'\\x85' | *'\\xa0') points=${points%?????} ;;
            *) break ;;
            esac
        done
    fi
    # Numbers in a format have the same form in every printf; behind %b some of old read them otherwise.
    # shellcheck disable=SC2059
    spelt=$(printf "$points")
}

spell_points() { # KIND: false where it is no UTF-8
    points='' bytes=0 need=0
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
    [ "$need" = 0 ]
}

spell_bytes() { # KIND
    points='' bytes=0
    for octet in $octets; do
        bytes=$((bytes + 1))
        [ "$bytes" -le 4096 ] || return 0
        byte
        point=$byte
        # What Python makes of such a file name
        [ "$1" != json ] || [ "$byte" -lt 128 ] || point=$((byte + 56320))
        add_point "$1"
    done
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
            points="$points\\$octet"
            [ "$octet" != 045 ] || points=${points%????}%%
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

blanks=$IFS
(set +m) 2>/dev/null && set +m
umask 077
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
# Folders that are named from where we are may be anybody's.
IFS=: folders=''
set -f
for part in $PATH; do
    case $part in /*) folders=$folders:$part ;; esac
done
set +f
IFS=$blanks PATH=${folders#:}
LC_ALL=C LANGUAGE=C
export PATH LC_ALL LANGUAGE
# Whoever starts us may have closed it.
(true >&2) || exec 2>/dev/null
# What shells and programs say of trouble is looked at, not shown.
exec 3>&2 2>/dev/null
# Where printf is a program it takes no long words; such shells have print.
outside=''
case $(command -v kill) in */*) outside=yes ;; esac
case $(command -v printf) in
/*)
    if [ "$(print -rn -- x)" = x ]; then emit() { print -rn -- "$1"; }; else emit() { printf '%s' "$1"; }; fi
    ;;
*) emit() { printf '%s' "$1"; } ;;
esac
main "$@"
