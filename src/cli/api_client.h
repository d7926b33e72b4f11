// cli/api_client.h - the running node of a home, as the command line talks to it.
//
// Errors are sentences for a person, without a capital at the start and a full stop at the end, to be
// printed after "starling: ".
#pragma once

#include <expected>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "os/home/api_file.h"

namespace starling::cli {

class ApiClient {
 public:
  // For answers that the node has at once.
  static constexpr Duration kPatience = 10s;

  // Finds the node by the home's api.json; does not connect yet. `home` is what --home said, for the
  // hint how to start one.
  static std::expected<ApiClient, std::string> find(
      const std::optional<std::filesystem::path>& home);

  // `path` begins after /api/v1. An error also when the node refused: then the reason it gave.
  [[nodiscard]] std::expected<nlohmann::json, std::string> get(const std::string& path) const;
  [[nodiscard]] std::expected<nlohmann::json, std::string> post(
      const std::string& path, const nlohmann::json& body, Duration patience = kPatience) const;

  [[nodiscard]] const os::HomePaths& paths() const { return paths_; }

 private:
  ApiClient(std::optional<std::filesystem::path> home, os::HomePaths paths, os::ApiAccess access)
      : home_(std::move(home)), paths_(std::move(paths)), access_(access) {}
  [[nodiscard]] std::expected<nlohmann::json, std::string> ask(const std::string& method,
                                                               const std::string& path,
                                                               std::optional<std::string> json_body,
                                                               Duration patience) const;

  std::optional<std::filesystem::path> home_;
  os::HomePaths paths_;
  os::ApiAccess access_;
};

}  // namespace starling::cli
