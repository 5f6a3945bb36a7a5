/** The style of an exported HTML page: the app's two sheets on a screen, ink on white in print. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #f7f2e8;
  --ink: #201a15;
  --ink-2: #5a5047;
  --hair: #dcd2c2;
  --copper: #96491c;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #16120f;
    --ink: #ece3d4;
    --ink-2: #b6aa9b;
    --hair: #302822;
    --copper: #e09b6e;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #fff;
    --ink: #000;
    --ink-2: #444;
    --hair: #bbb;
    --copper: #000;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 17px/1.55 'Source Serif 4', 'Iowan Old Style', Georgia, serif;
}
main {
  max-width: 640px;
  margin: 0 auto;
  padding: 48px 24px;
}
article + article {
  margin-top: 96px;
}
header {
  padding-bottom: 16px;
  border-bottom: 1px solid var(--hair);
}
h1 {
  margin: 0;
  font-size: 28px;
  line-height: 1.2;
  overflow-wrap: anywhere;
}
header p,
h2,
.ended {
  margin: 4px 0 0;
  color: var(--ink-2);
  font: 13px/1.5 system-ui, sans-serif;
}
h2 {
  margin: 28px 0 4px;
  font-weight: 600;
}
.assistant h2 {
  color: var(--copper);
}
h2 small {
  color: var(--ink-2);
  font-weight: 400;
}
h3, h4, h5, h6 {
  margin: 20px 0 8px;
  font-size: 1em;
  line-height: 1.3;
}
h3 {
  font-size: 1.15em;
}
p, ul, ol, blockquote, pre, table {
  margin: 0 0 12px;
}
section {
  overflow-wrap: anywhere;
}
.user, .system {
  font: 15px/1.5 system-ui, sans-serif;
}
.system {
  color: var(--ink-2);
}
.plain {
  white-space: pre-wrap;
  unicode-bidi: plaintext;
}
a {
  color: var(--copper);
}
blockquote {
  padding-inline-start: 16px;
  border-inline-start: 2px solid var(--hair);
  margin-inline: 0;
}
pre, code {
  font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace;
}
pre {
  padding: 10px 0;
  border: solid var(--hair);
  border-width: 1px 0;
  white-space: pre-wrap;
}
li.task {
  list-style: none;
  margin-inline-start: -1.2em;
}
table {
  border-collapse: collapse;
  font-size: 15px;
}
th, td {
  padding: 4px 0;
  padding-inline-end: 12px;
  border-bottom: 1px solid var(--hair);
  text-align: start;
  vertical-align: top;
}
[align='right'] {
  text-align: right;
}
[align='center'] {
  text-align: center;
}
dt {
  font-weight: 600;
}
dd {
  margin-inline-start: 1.5em;
}
.formula {
  display: block;
  margin: 12px 0;
  overflow-x: auto;
  text-align: center;
}
mtd[data-align='left'] {
  text-align: left;
}
mtd[data-align='right'] {
  text-align: right;
}
mtd[data-before='none'] {
  padding-inline-start: 0;
}
mtd[data-after='none'] {
  padding-inline-end: 0;
}
menclose[notation~='box'] {
  padding: 0.15em 0.3em;
  border: 1px solid currentColor;
}
math {
  font-family: 'STIX Two Math', 'Cambria Math', 'Latin Modern Math', 'Libertinus Math', math, serif;
  font-size: 1.06em;
}
sup {
  font: 0.68em/1 system-ui, sans-serif;
}
.note {
  color: var(--ink-2);
  font-size: 15px;
}
.note p {
  display: inline;
}
hr {
  border: 0;
  border-top: 1px solid var(--hair);
  margin: 20px 0;
}
@page {
  margin: 20mm;
}
@media print {
  body {
    font-size: 11pt;
  }
  main {
    max-width: none;
    padding: 0;
  }
  article + article {
    margin-top: 0;
    break-before: page;
  }
  h1, h2, h3, h4, h5, h6 {
    break-after: avoid;
  }
  p, li {
    orphans: 3;
    widows: 3;
  }
  tr, blockquote {
    break-inside: avoid;
  }
  a[href^='http']::after {
    content: ' (' attr(href) ')';
    font-size: 0.85em;
  }
}
`;
