#include "cli/content_commands.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/content_link_text.h"
#include "cli/quantity_text.h"
#include "cli/table.h"
#include "cli/transfer_watch.h"

namespace starling::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string absolute(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

// The API takes UTF-8 only.
bool is_utf8(const std::string& text) {
  try {
    return !json(text).dump().empty();
  } catch (const json::exception&) {
    return false;
  }
}

// Lets the node do it, and waits for the end.
Answer transfer(const CommandSetting& setting, const char* path, const json& order,
                const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return std::unexpected(client.error());
  const Answer begun = client->post(path, order);
  if (!begun) return begun;
  return watch_transfer(*client, *begun, console);
}

std::string summary_of(const json& transfer) {
  const int64_t files = number_of(transfer, "files");
  const int64_t took_us = number_of(transfer, "took_us");
  return fmt::format("{} file{}, {}, in {}", files, files == 1 ? "" : "s",
                     bytes_text(static_cast<uint64_t>(number_of(transfer, "bytes"))),
                     rtt_text(took_us));
}

// A folder for a file that goes to standard output; removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "starling-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

int get_to_output(const CommandSetting& setting, const std::string& link, const Console& console) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return fail(console, "no temporary folder can be made");
  const fs::path file = folder.path() / "content";
  const Answer got = transfer(setting, "/fetch", {{"link", link}, {"to", file.string()}}, console);
  if (!got) return fail(console, got.error());
  if (fs::is_directory(file)) return fail(console, link + " is a folder; give it a path with -o");
  std::ifstream input(file, std::ios::binary);
  if (fs::file_size(file) > 0) console.out << input.rdbuf();
  if (!console.out.flush()) return fail(console, "standard output cannot be written");
  return kDone;
}

// Where it goes: into a folder that is there, under its own name.
fs::path target_of(const std::string& link, const std::string& to) {
  if (to.empty()) return absolute(file_name_of(link));
  std::error_code ignored;
  const bool into = to.ends_with('/') || fs::is_directory(to, ignored);
  return into ? absolute(to + "/" + file_name_of(link)) : absolute(to);
}

bool run_browser(const std::string& address) {
  std::string program = "xdg-open";
  std::string argument = address;
  const std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    return false;
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Shows what a browser finds at the member `url`.
int open_url(const CommandSetting& setting, const json& answer, bool only_print,
             const Console& console) {
  const std::string address = text_of(answer, "url");
  if (setting.json) {
    print_json(console, answer);
  } else {
    console.out << address << "\n";
  }
  console.out.flush();
  if (only_print || run_browser(address)) return kDone;
  return fail(console, "no browser could be started; open the address above in one");
}

std::string sites_text(const json& answer) {
  Table table({{"NAME"}, {"PUBLISHED"}, {"TITLE"}, {"LINK"}});
  for (const json& site : list_of(answer, "sites")) {
    table.add_row({text_of(site, "name"), date_text(number_of(site, "published_unix_s")),
                   text_of(site, "title"), text_of(site, "link")});
  }
  return table.is_empty() ? "No sites. Publish one with: starling publish FOLDER --site NAME\n"
                          : table.text();
}

std::string pins_text(const json& answer) {
  Table table({{"NAME"}, {"SINCE"}, {"ORIGIN"}, {"LINK"}});
  for (const json& pin : list_of(answer, "pins")) {
    table.add_row({text_of(pin, "name"), date_text(number_of(pin, "since_unix_s")),
                   text_of(pin, "origin"), text_of(pin, "link")});
  }
  return table.is_empty() ? "Nothing is kept besides the sites.\n" : table.text();
}

std::string transfers_text(const json& answer) {
  Table table({{"ID", Column::Align::right}, {"KIND"}, {"PROGRESS"}, {"SUBJECT"}});
  for (const json& transfer : list_of(answer, "transfers")) {
    table.add_row({fmt::format("{}", number_of(transfer, "id")), text_of(transfer, "kind"),
                   progress_text(transfer), text_of(transfer, "subject")});
  }
  return table.is_empty() ? "No transfers.\n" : table.text();
}

}  // namespace

int publish(const CommandSetting& setting, const PublishRequest& request, const Console& console) {
  const std::string path = absolute(request.path);
  if (!is_utf8(path)) return fail(console, "the name of the file or folder is not UTF-8");
  json order = {{"path", path}, {"hidden", request.hidden}};
  if (!request.site.empty()) order["site"] = request.site;
  if (!request.title.empty()) order["title"] = request.title;
  const Answer published = transfer(setting, "/publish", order, console);
  if (!published) return fail(console, published.error());
  if (setting.json) {
    print_json(console, *published);
    return kDone;
  }
  console.out << text_of(*published, "link") << "\n";
  if (!console.err_is_terminal) return kDone;
  fmt::print(console.err, "{}\n", summary_of(*published));
  if (const int64_t left_out = number_of(*published, "left_out"); left_out > 0)
    fmt::print(console.err, "{} left out: hidden, or no regular files\n", left_out);
  return kDone;
}

int get(const CommandSetting& setting, const std::string& link, const std::string& to,
        const Console& console) {
  if (to == "-") return get_to_output(setting, link, console);
  const std::string path = target_of(link, to).string();
  if (!is_utf8(path)) return fail(console, "the name of the file or folder is not UTF-8");
  const Answer got = transfer(setting, "/fetch", {{"link", link}, {"to", path}}, console);
  if (!got) return fail(console, got.error());
  if (setting.json) {
    print_json(console, *got);
  } else {
    fmt::print(console.out, "{}: {}\n", path, summary_of(*got));
  }
  return kDone;
}

int pin(const CommandSetting& setting, const std::string& link, const Console& console) {
  const Answer pinned = transfer(setting, "/fetch", {{"link", link}, {"pin", true}}, console);
  if (!pinned) return fail(console, pinned.error());
  if (setting.json) {
    print_json(console, *pinned);
  } else {
    fmt::print(console.out, "{}: {}\n", text_of(*pinned, "link"), summary_of(*pinned));
  }
  return kDone;
}

int unpin(const CommandSetting& setting, const std::string& link, const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer answer = client->post("/unpin", {{"link", link}});
  if (!answer) return fail(console, answer.error());
  if (setting.json) print_json(console, *answer);
  return kDone;
}

int open_link(const CommandSetting& setting, const std::string& link, bool only_print,
              const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer found = client->post("/url", {{"link", link}});
  if (!found) return fail(console, found.error());
  if (text_of(*found, "url").empty())
    return fail(console, "the node runs without a gateway; start it without --gateway off");
  return open_url(setting, *found, only_print, console);
}

int open_page(const CommandSetting& setting, bool only_print, const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer login = client->post("/login-code", json::object());
  if (!login) return fail(console, login.error());
  return open_url(setting, *login, only_print, console);
}

int show_sites(const CommandSetting& setting, const Console& console) {
  return show(setting, console, "/sites", sites_text);
}

int show_pins(const CommandSetting& setting, const Console& console) {
  return show(setting, console, "/pins", pins_text);
}

int show_transfers(const CommandSetting& setting, const Console& console) {
  return show(setting, console, "/transfers", transfers_text);
}

}  // namespace starling::cli
