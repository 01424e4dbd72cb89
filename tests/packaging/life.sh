#!/bin/sh
# From the installed packages to the first request, then what may happen to a service. Runs as root
# under a systemd that has booted; the back end is busybox.
set -eu
started=$(date +%s)
hub() { runuser -u sallyport-hub -- sallyport-hub "$@"; }
agent() { runuser -u sallyport -- sallyport "$@"; }
ok() { echo "ok: $*"; }
until_true() { # as often as it may take a slow machine
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    echo "not within a minute: $*"
    "$@"
}

echo '127.0.0.1 hub.example.com' >>/etc/hosts
mkdir -p /srv/www/vault && echo hello >/srv/www/hello && echo gold >/srv/www/vault/room
echo '/vault:agent:open-sesame' >/root/httpd.conf
busybox httpd -p 127.0.0.1:8000 -h /srv/www -c /root/httpd.conf

hub init >/dev/null
systemctl -q enable --now sallyport-hub-tls.socket sallyport-hub-proxy.socket \
    sallyport-hub-socks5.socket sallyport-hub.service
systemctl is-active sallyport-hub
ok hub started
hub tenant add acme >/dev/null
hub client add shop --tenant acme --json >/root/client
hub agent add berlin --tenant acme --json | sed 's/.*"join_token":"\([^"]*\)".*/\1/' >/root/join

cat >/etc/sallyport/agent.toml <<'TOML'
[agent]
[[hub]]
name = "prod"
url = "https://hub.example.com"
[[mapping]]
virtual = "erp.virtual:80"
internal = "http://127.0.0.1:8000"
[[mapping.rule]]
path = "/"
match = "subpaths"
TOML
agent check
agent enroll --token-file - </root/join
systemctl -q enable --now sallyport.service
systemctl is-enabled sallyport.service sallyport-hub.service
ok enabled
until_true agent status
ok agent started

field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" /root/client; }
umask 077
get() { # URL
    printf 'grant_type=client_credentials&client_id=%s&client_secret=%s' \
        "$(field clientid)" "$(field clientsecret)" >/root/form
    curl -sS --cacert /var/lib/sallyport-hub/ca.pem -d @/root/form \
        https://hub.example.com/oauth/token |
        sed 's/.*"access_token":"\([^"]*\)".*/Proxy-Authorization: Bearer \1/' >/root/token
    curl -sS --fail --proxy http://127.0.0.1:20003 --proxy-header @/root/token "$1"
}
request() { get http://erp.virtual/hello | grep -q hello; }
until_true request
ok "first request, $(($(date +%s) - started)) s after the packages were there"
agent status >/root/status
head -n 20 /root/status

main_pid() { systemctl show -p MainPID --value "$1"; }
says() { systemctl show -p StatusText --value "$1" | grep -q "$2"; }
until_true says sallyport '^[1-9][0-9]* links\? \(is\|are\) up$'
until_true says sallyport-hub '; [1-9][0-9]* links\?$'
ok says how it is

# Root and the service's own user may anyway; these are in a group each, and nothing else.
useradd --groups sallyport-admin,sallyport-hub-admin carol
useradd --groups sallyport-view,sallyport-hub-view dave
for user in carol dave; do
    runuser -u "$user" -- sallyport status >/dev/null
    runuser -u "$user" -- sallyport-hub status >/dev/null
done
runuser -u carol -- sallyport reconnect
runuser -u carol -- sallyport-hub reload
runuser -u dave -- sallyport reconnect >/root/dave 2>&1 && exit 1
runuser -u dave -- sallyport-hub reload >>/root/dave 2>&1 && exit 1
cat /root/dave
ok groups have their rights

before=$(main_pid sallyport)
kill -9 "$before"
until_true request
[ "$(main_pid sallyport)" != "$before" ]
ok "survives kill -9"

systemctl reload sallyport
systemctl reload sallyport-hub
request
ok reloads

# It stands still, and systemd starts it again. SIGABRT leaves no core.
mkdir -p /etc/systemd/system/sallyport.service.d
printf '[Service]\nWatchdogSec=2\n' >/etc/systemd/system/sallyport.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart sallyport
until_true request
before=$(main_pid sallyport)
kill -STOP "$before"
is_another() { [ "$(main_pid sallyport)" != "$before" ] && request; }
until_true is_another
journalctl -q -u sallyport --no-pager | grep -q 'Watchdog timeout'
rm /etc/systemd/system/sallyport.service.d/watchdog.conf
ok watchdog

# A secret that only root can read.
printf 'agent:open-sesame\n' >/root/vault && chmod 600 /root/vault
cat >/etc/sallyport/mappings.d/vault.toml <<'TOML'
[[mapping]]
virtual = "vault.virtual:80"
internal = "http://127.0.0.1:8000"
principal = { kind = "technical", credentials_file = "credential:vault" }
[[mapping.rule]]
path = "/vault"
match = "subpaths"
TOML
chmod 644 /etc/sallyport/mappings.d/vault.toml
agent check >/root/unknown 2>&1 && exit 1
grep 'LoadCredential=vault:' /root/unknown
printf '[Service]\nLoadCredential=vault:/root/vault\n' \
    >/etc/systemd/system/sallyport.service.d/vault.conf
systemctl daemon-reload
systemctl restart sallyport
vault() { get http://vault.virtual/vault/room | grep -q gold; }
until_true vault
agent check
agent status >/dev/null
ok credential

# Straight to the journal, so that it can be asked for events.
printf '[log]\ntarget = "journald"\n' >>/etc/sallyport/agent.toml
systemctl restart sallyport
event() { journalctl -q -o cat -u sallyport "SALLYPORT_EVENT=$1" | grep -q "$1"; }
until_true event agent.ready
ok events in the journal

resident() { awk '/VmRSS/ { print $2 }' "/proc/$(main_pid "$1")/status"; }
echo "resident when idle, KiB: agent $(resident sallyport), hub $(resident sallyport-hub)"
systemctl stop sallyport
systemctl stop sallyport-hub.service sallyport-hub-tls.socket sallyport-hub-proxy.socket \
    sallyport-hub-socks5.socket
for unit in sallyport sallyport-hub; do
    [ "$(systemctl show -p Result --value $unit)" = success ]
    [ "$(systemctl show -p ActiveState --value $unit)" = inactive ]
done
ok stops cleanly
journalctl -q -u sallyport --no-pager >/root/journal
grep -q systemd /root/journal
grep -v systemd /root/journal >/root/own # something must be left
tail -n 5 /root/own
ok journal
# No pipe, since the exit code counts.
agent audit verify >/root/verified || { cat /root/verified; exit 1; }
head -n 2 /root/verified
ok log verified
