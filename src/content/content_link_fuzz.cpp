// What the link parser accepts survives printing and parsing unchanged.
#include "base/check.h"
#include "content/content_link.h"
#include "content/name_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling::content;
  const auto link = parse_content_link(starling::text_of({data, size}));
  if (!link) {
    STARLING_CHECK(!describe(link.error()).empty());
    return 0;
  }
  for (const std::string& name : link->path) STARLING_CHECK(fault_of_name(name) == NameFault::none);
  const std::string printed = to_text(*link);
  // Percent signs make a link longer.
  if (printed.size() <= ContentLink::kTextSizeMax)
    STARLING_CHECK(parse_content_link(printed) == *link);
  return 0;
}
