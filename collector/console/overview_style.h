// The look of the overview: follows the reader's light or dark setting and the width of the screen.
#pragma once

namespace steward::collector {

inline constexpr char kOverviewStyle[] = R"css(
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--text:#1b1f24;--soft:#5b6570;--line:#e1e5ea;
--good:#1a7f4b;--bad:#c02b2b;--high:#c4570b;--medium:#8f6a00;--low:#3667a6}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2126;--text:#e7eaee;--soft:#9aa5b1;--line:#30363d;
--good:#4cc38a;--bad:#ff7b72;--high:#ffa657;--medium:#e3c04f;--low:#79b0f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 48px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px;margin-bottom:16px}
h1{font-size:24px;margin:0}h2{font-size:18px;margin:32px 0 12px}
.soft{color:var(--soft)}.small{font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:14px 16px}.tile b{display:block;font-size:28px;line-height:1.2;font-variant-numeric:tabular-nums}
.trouble{padding:12px 16px;margin-bottom:16px;border-color:var(--bad);color:var(--bad)}
.issue{padding:14px 16px;margin-bottom:10px;border-left:4px solid var(--mark)}
.issue h3{font-size:16px;margin:0 0 2px}.issue p{margin:4px 0}
.word{color:var(--mark);font-weight:600}
.critical{--mark:var(--bad)}.high{--mark:var(--high)}.medium{--mark:var(--medium)}.low{--mark:var(--low)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{font-size:14px;font-weight:600;color:var(--soft)}
th,td{text-align:left;padding:9px 16px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}
.up,.down,.off{white-space:nowrap}.up,.down{font-weight:600}.off{color:var(--soft)}.up{color:var(--good)}.down{color:var(--bad)}
.none{padding:16px}
code{font:14px ui-monospace,monospace;background:var(--page);border-radius:4px;padding:2px 6px;overflow-wrap:anywhere}
@media(max-width:640px){
thead{display:none}tr{display:block;padding:10px 16px;border-bottom:1px solid var(--line)}tr:last-child{border-bottom:0}
td{display:flex;gap:12px;padding:2px 0;border:0}td::before{content:attr(data-name);flex:0 0 96px;color:var(--soft);font-size:14px}}
)css";

}  // namespace steward::collector
