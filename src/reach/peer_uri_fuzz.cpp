// What the link parser accepts is within its limits and survives printing and parsing unchanged.
#include "base/check.h"
#include "reach/peer_uri.h"

namespace starling::reach {
namespace {

void check_address(const PeerAddress& address) {
  STARLING_CHECK(parse_peer_address(to_text(address)) == address);
  if (const auto endpoint = endpoint_of(address)) {
    STARLING_CHECK(peer_address_of(address.transport, *endpoint) == address);
  }
}

void check_link(std::string_view text) {
  const auto uri = parse_peer_uri(text);
  if (!uri) {
    STARLING_CHECK(describe(uri.error()).ends_with('.'));
    return;
  }
  STARLING_CHECK(uri->addresses.size() <= kPeerUriAddressesMax);
  for (const PeerAddress& address : uri->addresses) check_address(address);
  const std::string printed = to_text(*uri);
  STARLING_CHECK(printed.size() <= kPeerUriSizeMax);
  const auto again = parse_peer_uri(printed);
  STARLING_CHECK(again.has_value());
  STARLING_CHECK(again->key == uri->key && again->account == uri->account);
  STARLING_CHECK(again->addresses == uri->addresses);
  STARLING_CHECK(again->expires_unix_s == uri->expires_unix_s);
  STARLING_CHECK(to_text(*again) == printed);
}

}  // namespace
}  // namespace starling::reach

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::reach::check_link(starling::text_of({data, size}));
  return 0;
}
