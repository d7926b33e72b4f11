#include "cli/demo/demo_files.h"

#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "base/rng.h"

namespace starling::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceSize = 1 << 20;

// A bitmap of a flock before an evening sky: BMP, 24 bits, from the lowest row up.
std::string picture() {
  constexpr uint32_t kWidth = 320;
  constexpr uint32_t kHeight = 200;
  constexpr uint32_t kHeadSize = 54;
  std::string bytes = "BM";
  const auto u32 = [&](uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
  };
  u32(kHeadSize + kWidth * kHeight * 3);
  u32(0);
  u32(kHeadSize);
  for (const uint32_t value :
       {40U, kWidth, kHeight, 1U | 24U << 16, 0U, kWidth * kHeight * 3, 2835U, 2835U, 0U, 0U})
    u32(value);
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth; ++x) {
      bytes += static_cast<char>(90 + y * 2 / 3);
      bytes += static_cast<char>(110 + y / 4);
      bytes += static_cast<char>(230 - y / 2);
    }
  }
  Rng rng(7);
  for (int bird = 0; bird < 900; ++bird) {
    const uint64_t x = 60 + rng.below(100) + rng.below(100);
    const uint64_t y = 70 + rng.below(50) + rng.below(50);
    std::memset(bytes.data() + kHeadSize + (y * kWidth + x) * 3, 30, 3);
  }
  return bytes;
}

}  // namespace

std::vector<DemoFile> demo_site(const std::string& network) {
  const std::string page = fmt::format(R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A flock</title><link rel="stylesheet" href="style.css"></head>
<body>
<h1>A flock</h1>
<img src="pictures/flock.bmp" alt="A flock of starlings in the evening sky" width="640" height="400">
<p>This page was published on one node of the network {}. No server has it: the node that shows it to
you fetched it over several others, and checked every byte.</p>
</body>
</html>
)",
                                       network);
  return {{"index.html", page},
          {"style.css", "body { max-width: 40em; margin: 2em auto; font-family: sans-serif }\n"},
          {"pictures/flock.bmp", picture()}};
}

bool write_files(const fs::path& folder, const std::vector<DemoFile>& files) {
  for (const DemoFile& file : files) {
    std::error_code error;
    fs::create_directories((folder / file.path).parent_path(), error);
    std::ofstream output(folder / file.path, std::ios::binary);
    if (!output.write(file.bytes.data(), static_cast<std::streamsize>(file.bytes.size())).flush())
      return false;
  }
  return true;
}

bool write_large_file(const fs::path& file, uint64_t size) {
  std::ofstream output(file, std::ios::binary);
  Rng rng(size);
  std::vector<uint64_t> piece(kPieceSize / sizeof(uint64_t));
  for (uint64_t written = 0; written < size && output;) {
    for (uint64_t& word : piece) word = rng();
    const uint64_t count = std::min<uint64_t>(kPieceSize, size - written);
    output.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(count));
    written += count;
  }
  return static_cast<bool>(output.flush());
}

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::ifstream first(a, std::ios::binary);
  std::ifstream second(b, std::ios::binary);
  std::string mine(kPieceSize, '\0');
  std::string other(kPieceSize, '\0');
  while (first && second) {
    first.read(mine.data(), kPieceSize);
    second.read(other.data(), kPieceSize);
    if (first.gcount() != second.gcount() ||
        std::memcmp(mine.data(), other.data(), static_cast<size_t>(first.gcount())) != 0)
      return false;
  }
  return first.eof() && second.eof();
}

}  // namespace starling::cli
