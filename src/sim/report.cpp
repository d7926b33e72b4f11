#include "sim/report.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "sim/report_page.h"

namespace starling::sim {
namespace {

namespace fs = std::filesystem;

// Files that are written under temporary names; what is not renamed is removed with this object.
class PendingFiles {
 public:
  explicit PendingFiles(const fs::path& folder) : folder_(folder) {}
  PendingFiles(const PendingFiles&) = delete;
  PendingFiles& operator=(const PendingFiles&) = delete;
  ~PendingFiles() {
    for (const File& file : files_) {
      std::error_code ignored;  // removing is all that can be tried
      fs::remove(file.temporary, ignored);
    }
  }

  std::expected<void, std::string> write(const std::string& name, std::string_view text) {
    const File& file = files_.emplace_back(folder_ / name, temporary_name(name));
    errno = 0;
    std::FILE* stream = std::fopen(file.temporary.c_str(), "wb");
    if (stream == nullptr) return refuse(file.final_name, errno);
    const bool written =
        std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
    const int write_error = errno;
    // Some file systems notice only here that the disk is full.
    const bool closed = std::fclose(stream) == 0;
    if (!written) return refuse(file.final_name, write_error);
    if (!closed) return refuse(file.final_name, errno);
    return {};
  }

  // In the order in which they were written.
  std::expected<void, std::string> rename_all() {
    for (const File& file : files_) {
      std::error_code error;
      fs::rename(file.temporary, file.final_name, error);
      if (error) return refuse(file.final_name, error.value());
    }
    return {};
  }

 private:
  struct File {
    fs::path final_name;
    fs::path temporary;
  };

  // Another process may write into the same folder just now.
  [[nodiscard]] fs::path temporary_name(const std::string& name) const {
    return folder_ / fmt::format(".{}.{}.part", name, ::getpid());
  }
  static std::unexpected<std::string> refuse(const fs::path& file, int error) {
    return std::unexpected(fmt::format("{} cannot be written: {}", file.string(),
                                       std::generic_category().message(error)));
  }

  fs::path folder_;
  std::vector<File> files_;
};

std::expected<void, std::string> write_files(const Report& report, PendingFiles& files) {
  const std::vector<std::string> names = report_file_names(report.plots);
  std::vector<std::string> svgs;
  std::expected<void, std::string> done;
  for (size_t i = 0; i < report.plots.size() && done; ++i) {
    svgs.push_back(svg_plot(report.plots[i]));
    done = files.write(names[i] + ".csv", report_csv(report.plots[i]));
    if (done) done = files.write(names[i] + ".svg", svgs.back());
  }
  if (done) done = files.write("index.html", report_page(report, names, svgs));
  return done;
}

}  // namespace

bool Report::is_kept() const { return std::ranges::all_of(bars, &ReportBar::is_kept); }

std::expected<void, std::string> write_report(const Report& report, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return std::unexpected(
        fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()));
  }
  PendingFiles files(folder);
  auto done = write_files(report, files);
  if (done) done = files.rename_all();
  return done;
}

}  // namespace starling::sim
