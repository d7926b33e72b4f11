#include "sim/report_page.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <string_view>

#include "sim/markup.h"

namespace starling::sim {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light; }
body { max-width: 54rem; margin: 2.5rem auto; padding: 0 1.25rem; background: #fff; color: #222;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
header p { margin: .5rem 0 0; white-space: pre-line; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #888; font-size: .85rem; color: #555; }
tbody th { font-weight: 400; }
th:first-child, td:first-child { padding-left: 0; }
.number { text-align: right; white-space: nowrap; }
.settings { width: auto; min-width: 50%; }
.settings td { overflow-wrap: anywhere; }
.kept, .missed { white-space: nowrap; font-weight: 600; }
.kept { color: #17692f; }
.missed { color: #b3261e; }
figure { margin: 0 0 2rem; }
figure svg { display: block; width: 100%; height: auto; border: 1px solid #ddd; border-radius: 4px; }
figcaption { margin-top: .3rem; font-size: .85rem; color: #555; }
dt { margin-top: .75rem; font-weight: 600; }
dd { margin: 0; white-space: pre-line; }
a { color: #1d4f91; }
pre { margin: 0; padding: .75rem 1rem; background: #f4f4f4; border-radius: 4px; font-size: .9rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 11pt; }
  h2 { break-after: avoid; }
  figure, tr, pre { break-inside: avoid; }
  pre { border: 1px solid #ccc; }
}
)";

std::string with_unit(const std::string& number, const std::string& unit) {
  // A no-break space: the unit stays with its number.
  return unit.empty() ? escaped(number) : escaped(number + "\u00a0" + unit);
}

std::string bar_row(const ReportBar& bar) {
  const auto number = [&](double value) {
    // A missed bar must not look like the value that missed it.
    const bool alike =
        bar.bar && bar.measured != *bar.bar && number_text(bar.measured) == number_text(*bar.bar);
    return with_unit(alike ? exact_number_text(value) : number_text(value), bar.unit);
  };
  std::string limit = "–";
  std::string verdict = "<td>–</td>";
  if (bar.bar) {
    limit = (bar.at_least ? "at least " : "at most ") + number(*bar.bar);
    verdict =
        bar.is_kept() ? "<td class=\"kept\">✓ kept</td>" : "<td class=\"missed\">✗ missed</td>";
  }
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td "
      "class=\"number\">{}</td>{}</tr>\n",
      escaped(bar.what), number(bar.measured), limit, verdict);
}

std::string verdict_of(const Report& report) {
  const auto held = std::ranges::count_if(report.bars, [](const auto& bar) { return !!bar.bar; });
  const auto missed =
      std::ranges::count_if(report.bars, [](const auto& bar) { return !bar.is_kept(); });
  if (held == 0) return "";
  if (missed > 0) {
    return fmt::format("<p class=\"missed\">✗ {} of {} bars missed</p>\n", missed, held);
  }
  return held == 1 ? "<p class=\"kept\">✓ The bar is kept</p>\n"
                   : fmt::format("<p class=\"kept\">✓ All {} bars are kept</p>\n", held);
}

std::string bars_of(const Report& report) {
  if (report.bars.empty()) return "";
  std::string html =
      "<h2>Measured</h2>\n<table>\n<thead><tr><th scope=\"col\">What</th>"
      "<th scope=\"col\" class=\"number\">Measured</th><th scope=\"col\" class=\"number\">Bar</th>"
      "<th scope=\"col\">Kept</th></tr></thead>\n<tbody>\n";
  for (const ReportBar& bar : report.bars) html += bar_row(bar);
  return html + "</tbody>\n</table>\n";
}

std::string settings_of(const Report& report) {
  if (report.settings.empty()) return "";
  std::string html = "<h2>Settings</h2>\n<table class=\"settings\">\n<tbody>\n";
  for (const auto& [name, value] : report.settings) {
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(name),
                        escaped(value));
  }
  return html + "</tbody>\n</table>\n";
}

std::string plots_of(const std::vector<std::string>& names, const std::vector<std::string>& svgs) {
  if (svgs.empty()) return "";
  std::string html = "<h2>Plots</h2>\n";
  for (size_t i = 0; i < svgs.size(); ++i) {
    html += fmt::format(
        "<figure>\n{0}<figcaption>Beside this page: <a href=\"{1}.csv\">its values (CSV)</a>, "
        "<a href=\"{1}.svg\">the picture (SVG)</a></figcaption>\n</figure>\n",
        svgs[i], escaped(names[i]));
  }
  return html;
}

std::string remarks_of(const Report& report) {
  if (report.remarks.empty()) return "";
  std::string html = "<h2>Remarks</h2>\n<dl>\n";
  for (const auto& [heading, text] : report.remarks)
    html += fmt::format("<dt>{}</dt>\n<dd>{}</dd>\n", escaped(heading), escaped(text));
  return html + "</dl>\n";
}

// Lower-case letters and digits of ASCII, with one dash for everything between them.
std::string slug_of(std::string_view title) {
  constexpr size_t kSizeMax = 60;
  std::string slug;
  for (const char c : title) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug += static_cast<char>(upper ? c - 'A' + 'a' : c);
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == kSizeMax) break;
  }
  if (slug.ends_with('-')) slug.pop_back();
  return slug.empty() ? "plot" : slug;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_field(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

bool have_the_same_x(const std::vector<ReportSeries>& series) {
  return std::ranges::all_of(series, [&](const ReportSeries& one) {
    return std::ranges::equal(one.points, series.front().points,
                              [](const auto& a, const auto& b) { return a.first == b.first; });
  });
}

}  // namespace

std::vector<std::string> report_file_names(const std::vector<ReportPlot>& plots) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const ReportPlot& plot : plots) {
    const std::string slug = slug_of(plot.title);
    std::string name = slug;
    for (int number = 2; !taken.insert(name).second; ++number)
      name = fmt::format("{}-{}", slug, number);
    names.push_back(name);
  }
  return names;
}

std::string report_page(const Report& report, const std::vector<std::string>& names,
                        const std::vector<std::string>& svgs) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      // Whatever a text in the report contains, the page stays inert.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\"/>\n"
      "<title>{0} – Starling simulation</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<header>\n<h1>{0}</h1>\n",
      escaped(report.scenario), kStyle);
  if (!report.description.empty()) html += fmt::format("<p>{}</p>\n", escaped(report.description));
  html += verdict_of(report) + "</header>\n<main>\n" + bars_of(report) + settings_of(report) +
          plots_of(names, svgs) + remarks_of(report);
  if (!report.command.empty()) {
    html += fmt::format("<h2>Make it again</h2>\n<pre><code>{}</code></pre>\n",
                        escaped(report.command));
  }
  return html + "</main>\n</body>\n</html>\n";
}

std::string report_csv(const ReportPlot& plot) {
  if (!have_the_same_x(plot.series)) {
    std::string csv = "series,x,y\n";
    for (const ReportSeries& series : plot.series) {
      for (const auto& [x, y] : series.points)
        csv += csv_field(series.name) + "," + csv_field(x) + "," + csv_field(y) + "\n";
    }
    return csv;
  }
  std::string csv = "x";
  for (const ReportSeries& series : plot.series) csv += "," + csv_field(series.name);
  csv += "\n";
  const size_t rows = plot.series.empty() ? 0 : plot.series.front().points.size();
  for (size_t i = 0; i < rows; ++i) {
    csv += csv_field(plot.series.front().points[i].first);
    for (const ReportSeries& series : plot.series) csv += "," + csv_field(series.points[i].second);
    csv += "\n";
  }
  return csv;
}

}  // namespace starling::sim
