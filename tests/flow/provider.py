#!/usr/bin/env python3
"""A provider of OpenID Connect on loopback, as small as Apache's mod_auth_openidc lets it be, that signs everybody on as one person.

provider.py PORT ISSUER SUBJECT KEY     KEY: a private RSA key in PEM, with which openssl signs

Whoever comes has signed in at ISSUER when the file `signed-in` says (seconds since 1970); one who was asked longer ago than max_age
allows is asked again, which takes no time here, unless there is a file `careless`. Answers tell when that was (auth_time). Each request
is noted in `asked`.
"""
import base64, http.server, json, os, subprocess, sys, time, urllib.parse

port, issuer, subject, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
codes = {}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(claims):
    head = b64(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "one"}).encode()) + "." + b64(json.dumps(claims).encode())
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=head.encode(), stdout=subprocess.PIPE, check=True)
    return head + "." + b64(made.stdout)


def modulus():
    text = subprocess.run(["openssl", "rsa", "-in", key, "-noout", "-modulus"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return b64(bytes.fromhex(text.decode().strip().split("=")[1]))


def signed_in(max_age):
    with open("signed-in", encoding="ascii") as file:
        at = int(file.read())
    if max_age is not None and not os.path.exists("careless") and time.time() - at > int(max_age):
        at = int(time.time())
        with open("signed-in", "w", encoding="ascii") as file:
            file.write(str(at))
    return at


class Provider(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def tell(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        with open("asked", "a", encoding="utf-8") as file:
            file.write(path + " " + json.dumps(asked) + "\n")
        if path == "/.well-known/openid-configuration":
            self.tell({"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
                       "jwks_uri": issuer + "/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                       "id_token_signing_alg_values_supported": ["RS256"], "token_endpoint_auth_methods_supported": ["client_secret_basic"]})
        elif path == "/keys":
            self.tell({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": modulus(), "e": "AQAB"}]})
        elif path == "/authorize":
            code = str(len(codes))
            codes[code] = (asked.get("nonce"), asked["client_id"], signed_in(asked.get("max_age")))
            self.send_response(303)
            self.send_header("Location", asked["redirect_uri"] + "?" + urllib.parse.urlencode({"code": code, "state": asked["state"]}))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self):
        asked = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        nonce, client, at = codes[asked["code"]]
        now = int(time.time())
        token = sign({"iss": issuer, "sub": subject, "aud": client, "iat": now, "exp": now + 300, "nonce": nonce, "auth_time": at})
        self.tell({"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token})


http.server.ThreadingHTTPServer(("127.0.0.1", port), Provider).serve_forever()
