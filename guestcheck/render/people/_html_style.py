"""The style of an HTML page, and what stands before its body."""

STYLE = """
:root { color-scheme: light dark; --text: #1c1f23; --dim: #5b636d; --page: #fff; --box: #f4f5f7; --line: #d5d9de;
  --red: #b3261e; --amber: #8a5300; --green: #1b6e37; --blue: #1a5fb4; --violet: #7b3fa0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e6e9; --dim: #a3abb5; --page: #16181c; --box: #22262b; --line: #3a4048;
    --red: #ff8a80; --amber: #ffc266; --green: #7bd898; --blue: #8ab8ff; --violet: #d6a6f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 64rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
p, dl, ul { margin: .4rem 0; }
.dim, footer { color: var(--dim); font-size: .88rem; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .2rem 1rem; }
dt { color: var(--dim); max-width: 16rem; }
dd { margin: 0; min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 600; }
td:first-child { font-weight: 600; }
tr.above td { border-bottom: 0; }
tr.more td { font-weight: 400; padding-top: 0; overflow-wrap: anywhere; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 4px; padding: .5rem .75rem; margin: .3rem 0;
  overflow-x: auto; font: .86rem/1.45 ui-monospace, monospace; }
.finding { margin: 1.2rem 0; padding: .1rem 0 .3rem 1rem; border-left: 4px solid var(--line); }
.finding h3 { font-size: 1rem; margin: .2rem 0; }
.place { margin: .7rem 0 0; font-weight: 600; }
.tag { margin-right: .6rem; }
.fail, .error, .does-not-boot, .network-lost { color: var(--red); }
.warn, .emulated { color: var(--amber); }
.pass, .paravirtual, .boots, .network-up { color: var(--green); }
.note, .passthrough { color: var(--blue); }
.unknown { color: var(--violet); }
.skip { color: var(--dim); }
.at-fail, .at-error { border-color: var(--red); }
.at-warn { border-color: var(--amber); }
.at-note { border-color: var(--blue); }
.at-unknown { border-color: var(--violet); }
footer { margin-top: 2.5rem; }
@media print {
  :root { color-scheme: light; --text: #000; --dim: #444; --page: #fff; --box: #f4f4f4; --line: #bbb;
    --red: #a00; --amber: #740; --green: #052; --blue: #037; --violet: #528; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  pre { white-space: pre-wrap; }
  .wide, pre { overflow: visible; }
  h2, h3, .place, thead, tr.above { break-after: avoid; }
  tr, pre { break-inside: avoid; }
}
"""
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="guestcheck {version}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>"""
