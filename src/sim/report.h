// sim/report.h - what came of a simulation, as a folder that a person can open and a program can read.
//
// How:     fill in a Report, write it: index.html shows all of it and needs nothing beside it; every plot is there again as
//          TITLE.svg and TITLE.csv.
// Time:    nothing in it comes from the clock: the same report gives the same bytes.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/svg_plot.h"

namespace starling::sim {

// One value that was measured, and what it is held against.
struct ReportBar {
  std::string what{};
  double measured = 0;
  std::optional<double> bar{};  // none: only reported
  bool at_least = false;        // else at most
  std::string unit{};

  // True without a bar. What is not a number keeps none.
  [[nodiscard]] bool is_kept() const {
    return !bar || (at_least ? measured >= *bar : measured <= *bar);
  }
};

struct Report {
  using Rows = std::vector<std::pair<std::string, std::string>>;

  std::string scenario{};
  std::string description{};
  std::string command{};  // what makes this report again
  Rows settings{};        // names and values
  std::vector<ReportBar> bars{};
  std::vector<ReportPlot> plots{};
  Rows remarks{};  // headings and texts

  [[nodiscard]] bool is_kept() const;  // all bars
};

// Makes `folder` and those above it. All files are written beside their final names, then renamed; the page comes last. Files
// of the same names are replaced, others stay. The error is one sentence for a person; after it no file is half
// written, and those of an earlier report may be there still.
std::expected<void, std::string> write_report(const Report& report,
                                              const std::filesystem::path& folder);

}  // namespace starling::sim
