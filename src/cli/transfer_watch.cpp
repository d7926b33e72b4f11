#include "cli/transfer_watch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/progress.h"
#include "cli/quantity_text.h"

namespace starling::cli {
namespace {

using nlohmann::json;

constexpr Duration kPollFirst = 5ms;
constexpr Duration kPollMax = 200ms;

uint64_t amount_of(const json& object, const char* name) {
  return static_cast<uint64_t>(std::max<int64_t>(number_of(object, name), 0));
}

}  // namespace

std::string progress_text(const json& transfer) {
  std::string text = text_of(transfer, "state");
  const uint64_t bytes = amount_of(transfer, "bytes");
  const uint64_t bytes_total = amount_of(transfer, "bytes_total");
  if (bytes_total > 0) text += fmt::format(" {} of {}", bytes_text(bytes), bytes_text(bytes_total));
  if (number_of(transfer, "files_total") > 1) {
    text += fmt::format(", {} of {} files", number_of(transfer, "files"),
                        number_of(transfer, "files_total"));
  }
  const int64_t took_us = number_of(transfer, "took_us");
  if (bytes > 0 && took_us > 100'000) {
    const double per_s = static_cast<double>(bytes) * 1e6 / static_cast<double>(took_us);
    text += fmt::format(", {}/s", bytes_text(static_cast<uint64_t>(per_s)));
  }
  const int64_t holders = number_of(transfer, "holders");
  if (holders > 0) text += fmt::format(", from {} node{}", holders, holders == 1 ? "" : "s");
  return text;
}

std::string failure_text(const json& transfer) {
  const auto failure = transfer.find("failure");
  const std::string reason = failure != transfer.end() && failure->is_object()
                                 ? text_of(*failure, "text")
                                 : "the node does not say why it failed";
  const std::string subject = text_of(transfer, "subject");
  if (reason.find(subject) != std::string::npos) return reason;
  return fmt::format("{}: {}", subject, reason);
}

Answer watch_transfer(const ApiClient& client, const json& begun, const Console& console) {
  const InterruptWatch interrupt;
  ProgressLine line(console);
  const std::string path = fmt::format("/transfer?id={}", number_of(begun, "id"));
  json transfer = begun;
  Duration poll = kPollFirst;
  bool cancelled = false;
  while (!is_true(transfer, "over")) {
    line.show(progress_text(transfer));
    std::this_thread::sleep_for(poll);
    poll = std::min(poll * 2, kPollMax);
    if (interrupt.came() && !std::exchange(cancelled, true)) {
      // Too late is as good.
      [[maybe_unused]] const Answer unused =
          client.post("/cancel", {{"id", number_of(begun, "id")}});
    }
    Answer answer = client.get(path);
    if (!answer) return answer;
    transfer = std::move(*answer);
  }
  if (text_of(transfer, "state") == "done") return transfer;
  return std::unexpected(failure_text(transfer));
}

}  // namespace starling::cli
