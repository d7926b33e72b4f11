// Whatever a request says, it is refused or leads to content by names that files can have.
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "content/name_rules.h"
#include "gateway/site_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  // Lines: host, path, Sec-Fetch-Site, mode, destination, origin.
  std::string fields[6];
  size_t field = 0;
  for (const char c : text_of({data, size})) {
    if (c == '\n') {
      if (++field == 6) return 0;
    } else {
      fields[field] += c;
    }
  }
  http::Request request{.method = "GET", .path = "/" + fields[1], .host = fields[0]};
  if (!fields[2].empty()) request.sec_fetch_site = fields[2];
  if (!fields[3].empty()) request.sec_fetch_mode = fields[3];
  if (!fields[4].empty()) request.sec_fetch_dest = fields[4];
  if (!fields[5].empty()) request.origin = fields[5];
  const auto asked = gateway::judge(request);
  if (!asked) return 0;
  for (const std::string& name : asked->link.path)
    STARLING_CHECK(content::fault_of_name(name) == content::NameFault::none);
  return 0;
}
