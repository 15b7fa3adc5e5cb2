"""How pages look, on light screens, dark ones and on paper."""

STYLE = """
:root{--page:#f4f5f7;--card:#fff;--ink:#23272e;--faint:#5f6672;--grid:#e4e7eb;--bad:#b3261e;color-scheme:light dark}
@media(prefers-color-scheme:dark){
:root{--page:#14171c;--card:#1d2128;--ink:#e4e7ec;--faint:#a0a8b4;--grid:#313742;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:24px 20px 60px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
h1{font-size:26px;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:18px;margin:0 0 10px}
p{margin:4px 0;overflow-wrap:anywhere}.lead{color:var(--faint)}
section,header{background:var(--card);border:1px solid var(--grid);border-radius:10px;padding:18px 20px;margin:16px 0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(144px,1fr));gap:12px 12px;margin:16px 0 12px}
dt{color:var(--faint);font-size:13px}dd{margin:0;font-size:14.5px;font-weight:600;overflow-wrap:anywhere}
.state.failed,.state.killed{color:var(--bad)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:14px;min-width:50%}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--grid);vertical-align:top}
th{color:var(--faint);font-weight:500;white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td{overflow-wrap:break-word;max-width:620px}td:nth-child(2){min-width:120px}
td:not(.n):last-child{overflow-wrap:anywhere;min-width:140px}
pre{white-space:pre-wrap;font-size:12.5px;margin:4px 0;overflow-wrap:anywhere}
img,.drawn{display:block;width:100%;height:auto;background:#fff;border-radius:6px;margin:8px 0}
.gallery{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:12px;align-items:start}
summary{cursor:pointer;margin:8px 0}td summary{margin:0}section>details>summary{color:var(--faint)}
@media(max-width:640px){
body{padding:8px 8px 40px}section,header{padding:14px 14px;margin:10px 0}
.stacked,.stacked tbody{display:block;min-width:0}.stacked thead{display:none}
.stacked tr{display:block;padding:8px 0;border-bottom:1px solid var(--grid)}
.stacked td{display:grid;grid-template-columns:92px minmax(0,1fr);gap:10px;padding:1px 0;border:0;text-align:left;
min-width:0;max-width:none;white-space:normal;overflow-wrap:anywhere}
.stacked td::before{content:attr(data-name);color:var(--faint)}.stacked td:empty{display:none}}
@media print{body{background:#fff;max-width:none}section,header{break-inside:avoid-page;border:0;padding:0}}
"""
