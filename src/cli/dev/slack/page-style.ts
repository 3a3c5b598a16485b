export const AVATAR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="7" fill="#1f5fd6"/><path d="M8 25h3v-5H8zm6 0h3V12h-3zm6 0h3v-8h-3zm6 0h3v-3h-3z" fill="#fff"/></svg>`

/** Light and dark as the reader's system has it; no motion, no fonts from elsewhere. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --surface: #fff; --raised: #f6f7f9; --line: #e2e5e9; --text: #1b1d21; --muted: #5d656f;
  --link: #1459c7; --code: #b3280a; --side: #33204a; --side-text: #cfc3dd; --side-on: #5b3f85; --ok: #2f9e6e;
  --mention: #fdf0c8; --selected: #eef4ff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #171a1f; --raised: #20242a; --line: #31363e; --text: #d9dce1; --muted: #98a1ac;
    --link: #7fb0ff; --code: #ff9a7d; --side: #120d1a; --side-text: #b9aecb; --side-on: #4a3370; --ok: #43c08a;
    --mention: #4a3d12; --selected: #1d2634;
  }
}
* { box-sizing: border-box; }
html, body { margin: 0; height: 100%; }
body { background: var(--surface); color: var(--text); font: 15px/1.46 -apple-system, 'Segoe UI', Inter, 'Noto Sans', 'Hiragino Sans', 'Noto Sans CJK JP', 'IPAGothic', sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
p, h1, h2, h3, ol, ul, figure { margin: 0; padding: 0; } ol, ul { list-style: none; }
.app { display: grid; grid-template-columns: 240px minmax(0, 1fr); height: 100vh; }
.app.with-thread { grid-template-columns: 240px minmax(0, 1fr) minmax(320px, 400px); }
nav { background: var(--side); color: var(--side-text); padding: 14px 10px; display: flex; flex-direction: column; gap: 4px; overflow: auto; }
nav h2 { color: #fff; font-size: 17px; padding: 0 8px 12px; border-bottom: 1px solid #ffffff22; margin-bottom: 10px; }
nav > p { font-size: 13px; padding: 4px 8px; }
nav a { display: flex; gap: 6px; align-items: baseline; color: inherit; padding: 4px 8px; border-radius: 6px; }
nav a span { opacity: .7; } nav a small { margin-left: auto; opacity: .7; }
nav a:hover { background: #ffffff14; text-decoration: none; }
nav a[aria-current] { background: var(--side-on); color: #fff; }
main { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
main > header, aside > header { display: flex; gap: 12px; align-items: baseline; padding: 12px 20px; border-bottom: 1px solid var(--line); position: relative; }
h1, aside h2 { font-size: 17px; } header p { color: var(--muted); font-size: 13px; }
.messages { flex: 1; min-height: 0; overflow-y: auto; display: flex; flex-direction: column-reverse; padding: 10px 0; }
.messages > li, aside li { padding: 8px 20px; }
.messages > li:hover { background: var(--raised); } .messages > li.selected, .messages > li:target { background: var(--selected); }
li.day { text-align: center; padding: 6px; background: none !important; position: relative; }
li.day::before { content: ''; position: absolute; left: 0; right: 0; top: 50%; border-top: 1px solid var(--line); }
li.day time { position: relative; background: var(--surface); border: 1px solid var(--line); border-radius: 99px; padding: 3px 14px; font-size: 13px; font-weight: 600; }
article { display: flex; gap: 10px; }
.avatar { width: 36px; height: 36px; border-radius: 7px; flex: none; background: var(--side-on); color: #fff; display: grid; place-items: center; font-weight: 700; }
.content { min-width: 0; flex: 1; overflow-wrap: anywhere; }
.by { display: flex; flex-wrap: wrap; gap: 6px; align-items: baseline; }
.by time, .edited, .replies span, .note, .count { color: var(--muted); font-size: 12.5px; }
.app-badge { font: 600 10.5px/1.5 inherit; font-style: normal; font-size: 10.5px; font-weight: 600; color: var(--muted); background: var(--raised); border: 1px solid var(--line); border-radius: 3px; padding: 0 4px; }
.fallback { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.b-header { font-size: 18px; line-height: 1.3; font-weight: 800; margin: 4px 0 6px; }
.b-section { margin: 4px 0 8px; display: flex; gap: 12px; justify-content: space-between; max-width: 720px; }
.b-section > div { flex: 1; min-width: 0; }
.b-fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px 20px; font-variant-numeric: tabular-nums; }
.b-context { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; color: var(--muted); font-size: 13px; margin: 4px 0; max-width: 720px; }
.b-context img { width: 20px; height: 20px; border-radius: 4px; }
.b-actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 4px; }
.button { display: inline-block; border: 1px solid var(--line); border-radius: 6px; padding: 5px 12px; font-size: 14px; font-weight: 650; color: var(--text); background: var(--surface); box-shadow: inset 0 -1px 0 var(--line); }
.button:hover { background: var(--raised); text-decoration: none; }
.button.primary { background: #0b7a5a; border-color: #0b7a5a; color: #fff; } .button.danger { background: #b3280a; border-color: #b3280a; color: #fff; }
hr { border: 0; border-top: 1px solid var(--line); margin: 10px 0; max-width: 720px; }
code { font: 12.5px/1.5 ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace; color: var(--code); background: var(--raised); border: 1px solid var(--line); border-radius: 4px; padding: 1px 4px; }
pre { margin: 4px 0; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 8px; overflow-x: auto; } pre code { border: 0; padding: 0; color: inherit; }
q { display: block; border-left: 4px solid var(--line); padding-left: 10px; quotes: none; }
.mention { background: var(--mention); color: var(--link); border-radius: 3px; padding: 0 3px; }
time { font-variant-numeric: tabular-nums; }
figure img { max-width: min(100%, 720px); border: 1px solid var(--line); border-radius: 8px; display: block; margin-top: 4px; }
.emoji { display: inline-block; width: .85em; height: .85em; border-radius: 50%; font-size: 1em; font-style: normal; overflow: hidden; text-indent: 2em; white-space: nowrap; vertical-align: -.06em; margin-right: .1em; }
.emoji.red { background: #d4281c; } .emoji.orange { background: #ec8b13; } .emoji.yellow { background: #e9c216; } .emoji.green { background: #2f9e6e; } .emoji.white { background: #e8ebef; box-shadow: inset 0 0 0 1px #aab2bc; }
.emoji.check { border-radius: 3px; background: #2f9e6e; position: relative; } .emoji.check::after { content: ''; position: absolute; left: .3em; top: .1em; width: .2em; height: .42em; border: solid #fff; border-width: 0 .12em .12em 0; transform: rotate(40deg); }
.reactions span { border: 1px solid var(--line); border-radius: 99px; padding: 1px 8px; font-size: 13px; background: var(--raised); }
.replies { margin-top: 4px; font-size: 13px; display: flex; gap: 8px; } .replies a { font-weight: 650; }
.empty { color: var(--muted); padding: 40px 20px; }
.composer { margin: 0 20px 16px; border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; color: var(--muted); font-size: 13px; }
.composer input { width: 100%; border: 0; background: none; color: var(--text); font: inherit; font-size: 15px; padding: 2px 0 4px; outline: none; } .composer:focus-within { border-color: var(--link); }
button { font: inherit; cursor: pointer; }
nav .people { margin-top: auto; } nav .people p { font-size: 13px; padding: 4px 8px; } nav .people i { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--ok); }
.veil { position: fixed; inset: 0; background: #0008; display: grid; place-items: center; padding: 16px; }
.dialog { width: min(520px, 100%); max-height: 100%; overflow: auto; background: var(--surface); border-radius: 12px; padding: 20px 24px; box-shadow: 0 12px 40px #0006; }
.dialog h2 { font-size: 20px; margin-bottom: 8px; } .dialog .b-actions { justify-content: flex-end; margin-top: 16px; }
.b-input { display: grid; gap: 4px; margin-top: 8px; } .b-input textarea { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--muted); border-radius: 6px; padding: 8px 10px; resize: vertical; } .b-input small { color: var(--muted); }
.error { color: #c2341a; font-weight: 600; margin-top: 6px; }
aside { border-left: 1px solid var(--line); min-width: 0; min-height: 0; display: flex; flex-direction: column; }
aside ol { overflow-y: auto; padding: 6px 0; flex: 1; min-height: 0; display: flex; flex-direction: column-reverse; } aside ol::before { content: ''; flex: 1; } aside .b-fields { grid-template-columns: minmax(0, 1fr); }
aside .count { border-bottom: 1px solid var(--line); margin: 4px 20px 8px; padding: 0 0 6px; }
aside li { padding: 8px 16px; } .close { position: absolute; right: 14px; top: 8px; font-size: 22px; color: var(--muted); line-height: 1.2; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 1100px) { .app.with-thread { grid-template-columns: 200px minmax(0, 1fr) 320px; } .app { grid-template-columns: 200px minmax(0, 1fr); } }
@media (max-width: 860px) {
  .app, .app.with-thread { display: block; height: auto; } nav { flex-direction: row; flex-wrap: wrap; align-items: center; padding: 8px; } nav h2 { border: 0; margin: 0; padding: 0 8px; font-size: 15px; } nav > p { display: none; } nav ul { display: flex; flex-wrap: wrap; }
  .messages { max-height: none; } aside { border-left: 0; border-top: 6px solid var(--line); } .b-fields { grid-template-columns: minmax(0, 1fr); } .messages > li, aside li { padding: 8px 12px; }
}
`
