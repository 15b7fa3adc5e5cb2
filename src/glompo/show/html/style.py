"""How pages look, on light screens, dark ones and on paper."""

STYLE = """
:root{--page:#f4f5f7;--card:#fff;--ink:#23272e;--faint:#5f6672;--grid:#e4e7eb;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--page:#14171c;--card:#1d2128;--ink:#e4e7ec;--faint:#a0a8b4;--grid:#313742}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:24px 20px 60px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
h1{font-size:26px;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:18px;margin:0 0 10px}
p{margin:4px 0;overflow-wrap:anywhere}.lead{color:var(--faint)}
section,header{background:var(--card);border:1px solid var(--grid);border-radius:10px;padding:18px 20px;margin:16px 0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px 24px;margin:16px 0 0}
dt{color:var(--faint);font-size:13px}dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:14px;min-width:50%}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--grid);vertical-align:top}
th{color:var(--faint);font-weight:500;white-space:nowrap}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td{overflow-wrap:break-word;max-width:620px}td:nth-child(2){min-width:120px}
img,.drawn{display:block;max-width:100%;height:auto;background:#fff;border-radius:6px;margin:8px 0}
summary{cursor:pointer;color:var(--faint);margin:8px 0}
@media print{body{background:#fff;max-width:none}section,header{break-inside:avoid-page;border:0;padding:0}}
"""
