#!/bin/bash
# A certificate as a page: plain words, whole, harmless whatever stands in a reason, nothing loaded from anywhere, and at its end the
# line that was signed. A usual one fits a sheet of A4.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
python=$(command -v python3) || skip "needs python3"
new_vault
ada=$(person "Ada" child)
consent "$ada" supervision --media still >/dev/null
picture a.png
clip=$(take_in a.png "$ada")
crt=$(ask shred "$clip" --reason $'<script>alert("1 & 2")</script> \'it\' \\ \033[31m end' | get .certificate)
ask certificate key --to key.pub >/dev/null
read_page() { # read_page FILE: its text without markup, and the signed line into line.json
  "$python" - "$1" <<'P'
import html.parser, re, sys
text = open(sys.argv[1], encoding='utf-8').read()
assert not any(ord(c) < 32 and c != '\n' or ord(c) == 127 for c in text), 'a control character'
style = re.search(r'<style>(.*?)</style>', text, re.S).group(1)
assert 'url(' not in style and '@import' not in style and '@media print' in style, 'a style that loads something'
class Page(html.parser.HTMLParser):
    void = {'meta'}
    allowed = {'html', 'head', 'meta', 'title', 'style', 'body', 'h1', 'h2', 'p', 'span', 'strong', 'ul', 'li', 'table', 'tr', 'th', 'td',
               'details', 'summary', 'pre'}
    def __init__(self): super().__init__(); self.open, self.line, self.said = [], '', ''
    def handle_starttag(self, tag, attrs):
        assert tag in self.allowed and all(k in ('class', 'lang', 'charset', 'name', 'content', 'http-equiv') for k, _ in attrs), (tag, attrs)
        if tag not in self.void: self.open.append(tag)
    def handle_endtag(self, tag): assert self.open.pop() == tag, tag
    def handle_data(self, data):
        if 'pre' in self.open: self.line += data
        elif 'style' not in self.open: self.said += data
p = Page(); p.feed(text); p.close()
assert not p.open
open('line.json', 'w', encoding='utf-8').write(p.line.strip() + '\n')
print(re.sub(r'\s+', ' ', p.said))
P
}
vault certificate show "$crt" --format html >page.html
read_page page.html >said
# The newline of a note in it is two letters there; as text of HTML the line is what was signed.
vault certificate verify line.json --vault-key key.pub >/dev/null
same "$(jq -r .certificate line.json)" "$crt"
tells() { grep -qF "$1" said || fail "the page does not say \"$1\": $(cat said)"; }
never() { ! grep -qiE "$1" said || fail "the page says $1: $(cat said)"; }
tells "Certificate of destruction"
tells "<script>alert(\"1 & 2\")</script> 'it' \\"
tells "Recording $clip: every key that could open it was destroyed on"
tells "What we cannot promise"; tells "on none of them can bring it back"; tells "How to check this"
tells "$(jq -r .log.entries line.json) of $(jq -r .log.entries line.json)"
tells "$(vault certificate verify line.json --vault-key key.pub | sed -n 's/.*fingerprint \(.*\)\.$/\1/p')"
never 'cipher|crypto|merkle|sha-?256|ed25519|wrap|rendition|epoch|hash'

# The receipt of a withdrawal: what cannot be done any more, what still exists, for what.
ben=$(person "Ben" carer)
consent "$ben" supervision,research --media still >/dev/null
picture b.png
film=$(take_in b.png "$ben")
crt=$(ask consent withdraw --person "$ben" --purpose research | get .certificate)
vault certificate show "$crt" --format html >page.html
read_page page.html >said
tells "Receipt: a consent was taken back"
tells "Recording $film can no longer be shown for research"
tells "The recording itself still exists and may still be used for: the practitioner’s own supervision."
tells "Consent to research: taken back."
never "every key that could open it"
expect 64 certificate show "$crt" --format pdf; says "html"

# What was changed in the index is not shown as if it were ours.
if command -v sqlite3 >/dev/null; then
  sqlite3 vault/index.db "UPDATE certificate SET signed = replace(signed, 'research', 'Research')"
  expect 65 certificate show "$crt" --format html; says "not what was signed"
fi
