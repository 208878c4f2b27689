# shellcheck shell=sh disable=SC2034
# What every verb of ./vendas shares: where things are, who owns the instance, how a step is
# shown, how a process is started and stopped. Read by ". lib.sh"; changes nothing by itself.
#
#   ROOT  the checkout            APP  programs and data as "make install" laid them
#   VAR   the instance's folder   RUN  sockets and pid files (maybe elsewhere, see place_run)
#   LOG   one log per step and per process

# The caller's locale and umask must change neither messages that we parse nor file modes.
export LC_ALL=C.UTF-8
umask 022

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
TOOLS=$ROOT/tools

# Where we are root, PostgreSQL, workers and nginx run under this unprivileged user; OWNER is
# the command that becomes it, empty where the caller owns the instance himself.
SYSTEM_USER=vendas
OWNER=
if [ "$(id -u)" -eq 0 ]; then
    OWNER="setpriv --reuid=$SYSTEM_USER --regid=$SYSTEM_USER --clear-groups --"
fi

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'vendas: %s\n' "$*" >&2
    exit 1
}

is_root() {
    [ "$(id -u)" -eq 0 ]
}

# as_owner COMMAND...: runs it as the owner of the instance, in a folder he may be in.
as_owner() (
    cd "$VAR" || exit
    # shellcheck disable=SC2086
    exec $OWNER "$@"
)

# as_root COMMAND...: runs it as root, through sudo where that is needed.
as_root() {
    if is_root; then
        "$@"
    else
        command -v sudo >/dev/null || die "this needs root, and there is no sudo: $*"
        sudo "$@"
    fi
}

# find_var: sets VAR, APP, LOG and RUN for an instance that may or may not exist yet. VAR is
# free of links; GIVEN_VAR is as it was given.
find_var() {
    VAR=${VENDAS_VAR:-$ROOT/var}
    case $VAR in
    /*) ;;
    *) VAR=$PWD/$VAR ;;
    esac
    GIVEN_VAR=$VAR
    if [ -d "$VAR" ]; then
        VAR=$(CDPATH='' cd -- "$VAR" && pwd -P)
    fi
    VENDAS_VAR=$VAR
    export VENDAS_VAR
    APP=$VAR/app
    LOG=$VAR/log
    RUN=$VAR/run
    if [ -d "$RUN" ]; then
        RUN=$(CDPATH='' cd -- "$RUN" && pwd -P)
    fi
}

# need_instance: the same, for verbs that make no sense without one.
need_instance() {
    find_var
    [ -f "$VAR/instance" ] || die "there is no instance in $VAR: start one with ./vendas up"
    read_instance
}

# What tools remember about an instance: PORT, SHOP_PORT, GATEWAY_PORT (of a stand-in for payment
# gateways, where there is one), LIMITS. Programs never see it.
read_instance() {
    PORT=
    SHOP_PORT=
    GATEWAY_PORT=
    LIMITS=off
    if [ -f "$VAR/instance" ]; then
        # shellcheck source=/dev/null
        . "$VAR/instance"
    fi
}

write_instance() {
    printf 'PORT=%s\nSHOP_PORT=%s\nGATEWAY_PORT=%s\nLIMITS=%s\n' "$PORT" "$SHOP_PORT" \
        "$GATEWAY_PORT" "$LIMITS" >"$VAR/instance"
}

# lock_instance: one verb at a time may change an instance; held until the shell ends.
lock_instance() {
    exec 9>"$VAR/lock"
    flock -n 9 || die "another ./vendas is changing $VAR; try again when it is done"
}

# inner_instance NAME: turns to an instance inside VAR that a verb starts and stops itself. VAR
# comes first, as it alone is placed where its owner may enter.
inner_instance() {
    "$TOOLS/folders"
    find_var
    VENDAS_VAR=$VAR/$1
    "$TOOLS/folders"
    find_var
    lock_instance
}

# step NAME LABEL COMMAND...: runs it with its output in log/NAME.log and shows one line with
# the seconds it took; where it fails, the log's name and last lines, and the whole verb ends.
step() {
    step_log=$LOG/$1.log
    step_label=$2
    shift 2
    step_start=$(date +%s)
    printf '  %-34s' "$step_label"
    if "$@" >"$step_log" 2>&1 9>&- </dev/null; then
        step_end=$(date +%s)
        printf '%3d s%s\n' $((step_end - step_start)) "$(step_remark "$step_log")"
    else
        printf 'FAILED\n\n'
        tail -n 20 "$step_log"
        [ -s "$step_log" ] || { say "It could write nothing. Is the disk full?" && df -h "$VAR"; }
        printf '\nThe whole log: %s\n' "$step_log"
        exit 1
    fi
}

# A step may say "remark: ..." to have it shown beside its seconds.
step_remark() {
    sed -n 's/^remark: \(.*\)/  (\1)/p' "$1" | tail -n 1
}

# started_at PID: when the process began, in clock ticks; empty when it is gone or a zombie.
# A pid alone may long be another process's; pid and start time together are not.
started_at() {
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

# daemon NAME COMMAND...: starts it in the background in a session of its own, output in
# log/NAME.log, and remembers it in run/NAME.pid.
daemon() {
    daemon_name=$1
    shift
    setsid "$@" </dev/null >>"$LOG/$daemon_name.log" 2>&1 9>&- &
    daemon_pid=$!
    echo "$daemon_pid $(started_at "$daemon_pid")" >"$RUN/$daemon_name.pid"
}

# is_running NAME: whether the process of run/NAME.pid lives; sets RUNNING_PID to it.
is_running() {
    RUNNING_PID=
    [ -f "$RUN/$1.pid" ] || return 1
    read -r RUNNING_PID running_start <"$RUN/$1.pid" || return 1
    [ "$(started_at "$RUNNING_PID")" = "${running_start:-never}" ]
}

# daemons_left NAME...: those that are there, or whose children are, as lines of name and pid.
# A session keeps the number of its first process, and nobody else gets that number as long as
# it has members. All are looked for in one reading of /proc, which is slow on a busy machine.
daemons_left() {
    {
        for left_name in "$@"; do
            [ -f "$RUN/$left_name.pid" ] || continue
            read -r left_pid left_start <"$RUN/$left_name.pid" || continue
            echo "daemon $left_name $left_pid ${left_start:-never}"
        done
        cat /proc/[0-9]*/stat 2>/dev/null | sed 's/ (.*) / /'
    } | awk '
        $1 == "daemon" { pid[$2] = $3; start[$2] = $4; next }
        $2 != "Z" { began[$1] = $21; members[$5]++ }
        END {
            for (name in pid) {
                first = pid[name]
                if (first in began ? began[first] == start[name] : members[first] > 0)
                    print name, first
            }
        }'
}

is_left() {
    [ -f "$RUN/$1.pid" ] && [ -n "$(daemons_left "$1")" ]
}

# stop_daemons NAME...: asks all of them and their children to end, again each second (a process
# may miss a signal that comes just before it begins to wait), and after ten ends by force what
# is left.
stop_daemons() {
    for stop_signal in TERM TERM TERM TERM TERM TERM TERM TERM TERM TERM KILL; do
        stop_tries=10
        stop_left=$(daemons_left "$@")
        echo "$stop_left" | while read -r _ stop_pid; do
            [ -z "$stop_pid" ] || kill -s "$stop_signal" -- "-$stop_pid" 2>/dev/null || true
        done
        while [ -n "$stop_left" ] && [ "$stop_tries" -gt 0 ]; do
            stop_tries=$((stop_tries - 1))
            sleep 0.1
            stop_left=$(daemons_left "$@")
        done
        [ -n "$stop_left" ] || break
    done
    for name in "$@"; do
        rm -f "$RUN/$name.pid"
    done
}

# setting NAME: the value of a setting of this instance.
setting() {
    sed -n "s/^$1=//p" "$VAR/vendas.env" | tail -n 1
}

# set_setting NAME VALUE: changes its line in vendas.env, or adds one. Other lines are the
# user's to edit.
set_setting() {
    if grep -q "^$1=" "$VAR/vendas.env"; then
        sed -i "s|^$1=.*|$1=$2|" "$VAR/vendas.env"
    else
        printf '%s=%s\n' "$1" "$2" >>"$VAR/vendas.env"
    fi
}

# program_daemon NAME COMMAND...: a daemon that runs as the owner, with the settings of
# vendas.env and nothing else of the caller's environment. A setting that a program does not
# know stops it, and the caller may well have VENDAS_VAR set. The cache is fontconfig's.
# shellcheck disable=SC2086
program_daemon() {
    program_name=$1
    shift
    daemon "$program_name" $OWNER env -i -C "$VAR" PATH="$PATH" LC_ALL="$LC_ALL" \
        XDG_CACHE_HOME="$VAR/tmp" \
        sh -c "$LOAD_SETTINGS" sh "$VAR/vendas.env" "$@"
}

# with_settings COMMAND...: the same in the foreground.
with_settings() {
    as_owner env -i PATH="$PATH" LC_ALL="$LC_ALL" XDG_CACHE_HOME="$VAR/tmp" \
        sh -c "$LOAD_SETTINGS" sh "$VAR/vendas.env" "$@"
}

# shellcheck disable=SC2016
LOAD_SETTINGS='set -a; . "$1"; set +a; shift; exec "$@"'

# find_postgres: sets PGBIN to the newest installed server's programs; fails where none is.
find_postgres() {
    PGBIN=$(for dir in /usr/lib/postgresql/*/bin; do
        [ ! -x "$dir/initdb" ] || echo "$dir"
    done | sort -t / -k 5 -n | tail -n 1)
    [ -n "$PGBIN" ]
}
