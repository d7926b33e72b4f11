// sim/report_page.h - a report as one page of HTML and as tables of CSV; no files.
#pragma once

#include <string>
#include <vector>

#include "sim/report.h"

namespace starling::sim {

// For each plot a name that no other has, made of its title: "loss-against-time".
std::vector<std::string> report_file_names(const std::vector<ReportPlot>& plots);

// The page loads nothing; it links to NAME.csv and NAME.svg beside it. `svgs` and `names` are those of the plots.
std::string report_page(const Report& report, const std::vector<std::string>& names,
                        const std::vector<std::string>& svgs);

// Columns x and one for each series when all have the same x, else series, x and y. Numbers have all their digits; what
// is not a number is empty. As RFC 4180, with lines that end in \n.
std::string report_csv(const ReportPlot& plot);

}  // namespace starling::sim
