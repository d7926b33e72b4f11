// cli/demo/demo_files.h - what the demo publishes: a small site with a picture, and a large file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace starling::cli {

struct DemoFile {
  std::string path;  // relative, with '/'
  std::string bytes;
};

// A page, its style and a picture; `network` is named on the page.
std::vector<DemoFile> demo_site(const std::string& network);
// False when something could not be written.
bool write_files(const std::filesystem::path& folder, const std::vector<DemoFile>& files);

// `size` bytes that no program can compress or guess. False when they could not be written.
bool write_large_file(const std::filesystem::path& file, uint64_t size);
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace starling::cli
