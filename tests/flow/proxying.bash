# Sourced by stories that need a proxy in front of the server, after story.bash and serving.bash: the files that are shipped, with other
# paths and ports and nothing else changed, run by the programs that Debian ships.

shipped=$tests/../../player-bridge/proxy
export PATH=$PATH:/usr/sbin

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# serve_unix [OPTION…]: as serve does, on a socket of this stage.
serve_unix() {
  "$programs/clipvault" serve --listen "unix:$stage/http.sock" "$@" >serve.out 2>serve.err &
  server=$!
  trap leave_proxied EXIT
  for _ in $(seq 100); do
    grep -q '^listening on ' serve.out && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  fail "serve did not get ready: $(cat serve.out serve.err)"
}
leave_proxied() {
  local code=$?
  set +e # nothing of this may stop the rest
  [ -z "${proxy:-}" ] || kill -9 "$proxy" $(pgrep -P "$proxy") 2>/dev/null || true
  (exit "$code")
  leave
}
certificate() { # for localhost, trusted by curl from here on
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out chain.pem -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>openssl.err
  export CURL_CA_BUNDLE=$stage/chain.pem
}
# adapted FILE: what is shipped, for this stage; $secure and $plain are its ports.
adapted() {
  sed -e "s|/run/clipvault/http.sock|$stage/http.sock|g; s|/etc/ssl/clipvault|$stage|g" \
    -e "s|/var/log/nginx|$stage/log|g; s|/var/log/apache2|$stage/log|g; s|vault\.example|localhost|g; s|vault\\\\\.example|localhost|g" \
    -e "s|listen 80;|listen 127.0.0.1:$plain;|; s|listen 443 |listen 127.0.0.1:$secure |; s|\*:80>|127.0.0.1:$plain>|; s|\*:443>|127.0.0.1:$secure>|" "$1"
}
# nginx_on CONFIGURATION: with the surroundings of Debian's nginx.conf; apache_on likewise. $proxy is its process, $base its address.
nginx_on() {
  mkdir -p log spool
  cat >nginx.conf <<CONF
daemon off;
pid $stage/nginx.pid;
worker_processes 1;
error_log $stage/log/main.log;
events { worker_connections ${CONNECTIONS:-768}; }
http {
  sendfile on;
  client_body_temp_path $stage/spool/body;
  proxy_temp_path $stage/spool/proxy;
  fastcgi_temp_path $stage/spool/f;
  uwsgi_temp_path $stage/spool/u;
  scgi_temp_path $stage/spool/s;
  access_log $stage/log/access.log;
  include $1;
}
CONF
  nginx -e "$stage/log/main.log" -p "$stage" -c "$stage/nginx.conf" >proxy.out 2>&1 &
  proxy=$!
  proxy_is_up
}
apache_on() {
  mkdir -p log spool
  {
    echo "ServerRoot $stage"
    echo "PidFile $stage/apache.pid"
    echo "ServerName localhost"
    echo "Listen 127.0.0.1:$plain"
    echo "Listen 127.0.0.1:$secure"
    echo "Mutex file:$stage default"
    echo "DefaultRuntimeDir $stage"
    echo "ErrorLog $stage/log/main.log"
    local module
    for module in mpm_event authz_core authz_host ssl http2 headers proxy proxy_http reqtimeout setenvif env alias "${@:2}"; do
      [ ! -e "/usr/lib/apache2/modules/mod_$module.so" ] || echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    echo "StartServers 1"
    echo "Include $1"
  } >apache.conf
  TMPDIR=$stage/spool apache2 -D FOREGROUND -f "$stage/apache.conf" >proxy.out 2>&1 &
  proxy=$!
  proxy_is_up
}
proxy_is_up() {
  base=https://localhost:$secure
  for _ in $(seq 100); do
    ! curl -s -o /dev/null --max-time 2 "$base/healthz" || return 0
    kill -0 "$proxy" 2>/dev/null || break
    sleep 0.05
  done
  fail "the proxy did not start: $(cat proxy.out log/main.log log/*.error.log)"
}
proxy_ends() {
  kill "$proxy"
  wait "$proxy" || true
  proxy=
}
