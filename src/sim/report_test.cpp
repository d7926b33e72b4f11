#include "sim/report.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <sys/resource.h>

#include "sim/report_page.h"

namespace starling::sim {
namespace report_test {

namespace fs = std::filesystem;

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    std::string name = (fs::temp_directory_path() / "starling-report-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << name;
    folder_ = name;
  }
  ~ReportTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  static std::string text_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      names.insert(entry.path().filename().string());
    return names;
  }

  Report report_{.scenario = "settle",
                 .bars = {{"delivered", 1, 0.999, true, ""}},
                 .plots = {{.title = "Healing", .series = {{"a", {{0, 0}, {1, 1}}}}},
                           {.title = "Load", .series = {{"b", {{0, 2}, {1, 3}}}}}}};
  fs::path folder_;
};

// Lets files of this process grow only so far, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_before_);
  }

 private:
  rlimit before_{};
  void (*signal_before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST_F(ReportTest, WritesThePageAndTwoFilesForEachPlot) {
  const fs::path folder = folder_ / "new/and/deep";
  const auto done = write_report(report_, folder);
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(names_in(folder), (std::set<std::string>{"index.html", "healing.csv", "healing.svg",
                                                     "load.csv", "load.svg"}));
  EXPECT_EQ(text_of(folder / "load.csv"), report_csv(report_.plots[1]));
  EXPECT_EQ(text_of(folder / "load.svg"), svg_plot(report_.plots[1]));
  EXPECT_EQ(text_of(folder / "index.html"),
            report_page(report_, {"healing", "load"},
                        {svg_plot(report_.plots[0]), svg_plot(report_.plots[1])}));
}

TEST_F(ReportTest, ReplacesAnOlderReportAndLeavesOtherFiles) {
  ASSERT_TRUE(write_report(report_, folder_));
  std::ofstream(folder_ / "notes.txt") << "mine";
  report_.scenario = "churn";
  ASSERT_TRUE(write_report(report_, folder_));
  EXPECT_NE(text_of(folder_ / "index.html").find("<h1>churn</h1>"), std::string::npos);
  EXPECT_EQ(text_of(folder_ / "notes.txt"), "mine");
  EXPECT_EQ(names_in(folder_).size(), 6U);
}

TEST_F(ReportTest, SaysWhichFolderCannotBeMade) {
  std::ofstream(folder_ / "file") << "in the way";
  for (const fs::path& folder : {folder_ / "file", folder_ / "file/below"}) {
    const auto done = write_report(report_, folder);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), "the folder " + folder.string() + " cannot be made: Not a directory");
  }
  EXPECT_EQ(text_of(folder_ / "file"), "in the way");
}

TEST_F(ReportTest, SaysThatItMayNotWrite) {
  // Not even root makes files there.
  const auto done = write_report(report_, "/proc/self");
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().starts_with("/proc/self/healing.csv cannot be written: "))
      << done.error();
}

TEST_F(ReportTest, LeavesNothingHalfWrittenWhenTheDiskIsFull) {
  ASSERT_TRUE(write_report(report_, folder_));
  const std::string page = text_of(folder_ / "index.html");
  const std::string csv = text_of(folder_ / "healing.csv");
  report_.scenario = "churn";
  report_.plots[0].series[0].points[0].second = 0.5;
  {
    const FileSizeLimit limit(1000);  // enough for the CSV, not for the SVG
    const auto done = write_report(report_, folder_);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(),
              (folder_ / "healing.svg").string() + " cannot be written: File too large");
  }
  EXPECT_EQ(text_of(folder_ / "index.html"), page);
  EXPECT_EQ(text_of(folder_ / "healing.csv"), csv);
  EXPECT_EQ(names_in(folder_).size(), 5U) << "temporary files are left";
}

TEST_F(ReportTest, RemovesItsTemporaryFilesWhenANameIsTaken) {
  fs::create_directories(folder_ / "index.html/full");
  const auto done = write_report(report_, folder_);
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().starts_with((folder_ / "index.html").string() + " cannot be written: "));
  for (const std::string& name : names_in(folder_)) EXPECT_FALSE(name.ends_with(".part")) << name;
}

}  // namespace report_test
}  // namespace starling::sim
