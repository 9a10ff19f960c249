#!/bin/bash
# A certificate as a page: whole, harmless whatever stands in a reason, and its last line is what was signed.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
python=$(command -v python3) || skip "needs python3"
new_vault
ada=$(person "Ada" child)
consent "$ada" supervision --media still >/dev/null
picture a.png
clip=$(take_in a.png "$ada")
crt=$(ask shred "$clip" --reason $'<script>alert("1 & 2")</script> \'it\' \\ \033[31m end' | get .certificate)
vault certificate show "$crt" --format html >page.html
ask certificate key --to key.pub >/dev/null
"$python" - page.html "$clip" >line.json <<'P'
import html.parser, sys
text = open(sys.argv[1]).read()
assert not any(ord(c) < 32 and c != '\n' or ord(c) == 127 for c in text), 'a control character'
class Page(html.parser.HTMLParser):
    void, allowed = {'meta'}, {'html', 'head', 'meta', 'title', 'style', 'body', 'h1', 'p', 'code', 'dl', 'dt', 'dd', 'ul', 'li', 'pre'}
    def __init__(self): super().__init__(); self.open, self.seen, self.terms = [], [], {}
    def handle_starttag(self, tag, attrs):
        assert tag in self.allowed and not any(k in ('src', 'href', 'onload') for k, _ in attrs), tag
        if tag not in self.void: self.open.append(tag)
    def handle_endtag(self, tag): assert self.open.pop() == tag, tag
    def handle_data(self, data):
        if 'pre' in self.open: self.seen.append(data)
        elif self.open and self.open[-1] == 'dt': self.term = data
        elif self.open and self.open[-1] == 'dd': self.terms[self.term] = data
p = Page(); p.feed(text); p.close()
assert not p.open and p.terms['clip'] == sys.argv[2], p.terms
assert p.terms['reason'].startswith('<script>alert("1 & 2")</script> \'it\' \\ '), p.terms['reason']
print(''.join(p.seen).strip())
P
vault certificate verify line.json --vault-key key.pub >/dev/null
same "$(jq -r .certificate line.json)" "$crt"
expect 64 certificate show "$crt" --format pdf; says "html"
