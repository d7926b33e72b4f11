#include "reach/peer_uri.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <string>

#include "crypto/key_text.h"

namespace starling::reach {
namespace peer_uri_test {

// docs/wire/invitation.md shows the same link.
constexpr std::string_view kExampleLink =
    "starling:kaaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
    "?at=udp://192.0.2.1:7117&at=tcp://[2001:db8::1]:7117&at=udp://node.example.net:7117"
    "&secret=uchqu4vtwta5n37qaeocgncvm4"
    "&account=a777p37h37l47r57w6x2ph4xr6dx653pm5pvot2hh43s6jy7c4hqa"
    "&expires=1800000000";

PeerUri example() {
  PeerUri uri;
  uri.key.emplace();
  uri.account.emplace();
  for (size_t i = 0; i < 32; ++i) {
    uri.key->value[i] = static_cast<uint8_t>(i);
    uri.account->value[i] = static_cast<uint8_t>(0xff - i);
  }
  uri.addresses = {{Transport::udp, "192.0.2.1", 7117},
                   {Transport::tcp, "2001:db8::1", 7117},
                   {Transport::udp, "node.example.net", 7117}};
  const Bytes secret = from_hex("a08f0a72b3b4c1d6eff0011c23345567").value();
  uri.secret.emplace(std::span<const uint8_t, 16>(secret));
  uri.expires_unix_s = 1'800'000'000;
  return uri;
}

std::string key_link() { return "starling:" + crypto::to_text(*example().key); }

PeerUriError error_of(const std::string& text) {
  const auto uri = parse_peer_uri(text);
  EXPECT_FALSE(uri.has_value()) << text;
  return uri ? PeerUriError::unknown_form : uri.error();
}

std::string host_of(const std::string& text) {
  const auto address = parse_peer_address(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address ? address->host : "";
}

TEST(PeerUriTest, WritesTheDocumentedLink) { EXPECT_EQ(to_text(example()), kExampleLink); }

TEST(PeerUriTest, ReadsWhatItWrites) {
  const PeerUri wanted = example();
  const auto uri = parse_peer_uri(kExampleLink);
  ASSERT_TRUE(uri.has_value());
  EXPECT_EQ(uri->key, wanted.key);
  EXPECT_EQ(uri->addresses, wanted.addresses);
  ASSERT_TRUE(uri->secret.has_value());
  EXPECT_TRUE(crypto::equal_in_constant_time(uri->secret->reveal(), wanted.secret->reveal()));
  EXPECT_EQ(uri->account, wanted.account);
  EXPECT_EQ(uri->expires_unix_s, wanted.expires_unix_s);
}

TEST(PeerUriTest, ReadsAnAddressWithoutAKey) {
  const auto uri = parse_peer_uri("tcp://node.example.net:80");
  ASSERT_TRUE(uri.has_value());
  EXPECT_FALSE(uri->key.has_value());
  ASSERT_EQ(uri->addresses.size(), 1u);
  EXPECT_EQ(uri->addresses[0], (PeerAddress{Transport::tcp, "node.example.net", 80}));
  EXPECT_EQ(to_text(*uri), "tcp://node.example.net:80");
}

TEST(PeerUriTest, ReadsAKeyWithoutAnAddress) {
  const auto uri = parse_peer_uri(key_link());
  ASSERT_TRUE(uri.has_value());
  EXPECT_EQ(uri->key, example().key);
  EXPECT_EQ(to_text(*uri), key_link());
}

TEST(PeerUriTest, NoPrefixOfALinkCrashesOrParsesToMoreThanItHolds) {
  for (size_t size = 0; size < kExampleLink.size(); ++size) {
    const auto uri = parse_peer_uri(kExampleLink.substr(0, size));
    if (uri) {
      EXPECT_TRUE(kExampleLink.starts_with(to_text(*uri))) << size;
    }
  }
}

TEST(PeerUriTest, IgnoresParametersOfLaterVersions) {
  const auto uri = parse_peer_uri(key_link() + "?via=x&at=udp://192.0.2.1:1&flag&name=a=b");
  ASSERT_TRUE(uri.has_value());
  EXPECT_EQ(to_text(*uri), key_link() + "?at=udp://192.0.2.1:1");
}

TEST(PeerUriTest, ReadsLettersOfEitherCase) {
  std::string upper(kExampleLink);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const auto uri = parse_peer_uri(upper);
  ASSERT_TRUE(uri.has_value());
  EXPECT_EQ(to_text(*uri), kExampleLink);
}

TEST(PeerUriTest, KeepsNumericHostsInTheirShortestSpelling) {
  EXPECT_EQ(host_of("udp://192.0.2.1:1"), "192.0.2.1");
  EXPECT_EQ(host_of("udp://[2001:DB8:0:0::1]:1"), "2001:db8::1");
  EXPECT_EQ(host_of("udp://[::ffff:192.0.2.1]:1"), "192.0.2.1");
  EXPECT_EQ(host_of("udp://[fe80::1%3]:1"), "fe80::1%3");
  EXPECT_EQ(host_of("udp://[fe80::1%03]:1"), "fe80::1%3");
}

TEST(PeerUriTest, AcceptsNamesThatPeopleUse) {
  for (const std::string host : {"localhost", "node-1.example.net", "3dprinter", "my_node", "a.b1",
                                 "xn--bcher-kva.example", "0xfish"}) {
    EXPECT_EQ(host_of("udp://" + host + ":7117"), host);
  }
  const std::string label(63, 'a');
  EXPECT_EQ(host_of("udp://" + label + "." + label + ":1"), label + "." + label);
}

TEST(PeerUriTest, RefusesHostsThatAreNeitherAddressNorName) {
  const std::string label(63, 'a');
  const std::string too_long = label + "." + label + "." + label + "." + label;
  for (const std::string& host : {std::string(""),
                                  std::string("256.1.1.1"),
                                  std::string("127.1"),
                                  std::string("2130706433"),
                                  std::string("0x7f000001"),
                                  std::string("1.2.3.0x4"),
                                  std::string("01.2.3.4"),
                                  std::string("a..b"),
                                  std::string(".a"),
                                  std::string("a."),
                                  std::string("-a"),
                                  std::string("a-"),
                                  std::string("user@host"),
                                  std::string("a%20b"),
                                  label + "a",
                                  too_long,
                                  std::string("[192.0.2.1]"),
                                  std::string("[]"),
                                  std::string("[fe80::1%eth0]"),
                                  std::string("[fe80::1%]"),
                                  std::string("[2001:db8::1%3]"),
                                  std::string("[::ffff:192.0.2.1%3]"),
                                  std::string("[::1")}) {
    EXPECT_EQ(error_of("udp://" + host + ":7117"), PeerUriError::bad_host) << host;
  }
}

TEST(PeerUriTest, RefusesAddressesThatAreNotOneNodes) {
  for (const std::string host : {"0.0.0.0", "[::]", "224.0.0.1", "[ff02::1]", "255.255.255.255"}) {
    EXPECT_EQ(error_of("udp://" + host + ":7117"), PeerUriError::unusable_address) << host;
  }
}

TEST(PeerUriTest, RefusesWrongPorts) {
  for (const std::string port : {"0", "65536", "07117", "+1", "-1", "1a", "7117/", "0x10"}) {
    EXPECT_EQ(error_of("udp://192.0.2.1:" + port), PeerUriError::bad_port) << port;
    EXPECT_EQ(error_of("udp://[::1]:" + port), PeerUriError::bad_port) << port;
  }
  for (const std::string text : {"udp://192.0.2.1", "udp://192.0.2.1:", "tcp://[::1]",
                                 "tcp://[::1]:", "udp://[::1]7117", "udp://"}) {
    EXPECT_EQ(error_of(text), PeerUriError::missing_port) << text;
  }
  EXPECT_EQ(host_of("udp://192.0.2.1:65535"), "192.0.2.1");
}

TEST(PeerUriTest, SaysThatAnIpv6AddressNeedsBrackets) {
  EXPECT_EQ(error_of("udp://2001:db8::1:7117"), PeerUriError::ipv6_without_brackets);
}

TEST(PeerUriTest, TellsOtherThingsFromANode) {
  EXPECT_EQ(error_of(""), PeerUriError::unknown_form);
  EXPECT_EQ(error_of("192.0.2.1:7117"), PeerUriError::unknown_form);
  EXPECT_EQ(error_of("http://192.0.2.1:7117"), PeerUriError::unknown_form);
  EXPECT_EQ(error_of("starling:" + crypto::to_text(*example().account)), PeerUriError::not_a_node);
  EXPECT_EQ(error_of("starling://s" + std::string(52, 'a') + "/page"), PeerUriError::not_a_node);
}

TEST(PeerUriTest, RefusesAKeyThatIsCutShort) {
  EXPECT_EQ(error_of("starling:"), PeerUriError::bad_key);
  EXPECT_EQ(error_of("starling:k"), PeerUriError::bad_key);
  std::string cut = key_link();
  cut.pop_back();
  EXPECT_EQ(error_of(cut), PeerUriError::bad_key);
  EXPECT_EQ(error_of(key_link() + "a"), PeerUriError::bad_key);
}

TEST(PeerUriTest, RefusesWrongParameters) {
  const std::string link = key_link();
  EXPECT_EQ(error_of(link + "?"), PeerUriError::malformed_parameter);
  EXPECT_EQ(error_of(link + "?=x"), PeerUriError::malformed_parameter);
  EXPECT_EQ(error_of(link + "?at=udp://192.0.2.1:1&"), PeerUriError::malformed_parameter);
  EXPECT_EQ(error_of(link + "?at=http://192.0.2.1:1"), PeerUriError::bad_transport);
  EXPECT_EQ(error_of(link + "?at"), PeerUriError::bad_transport);
  EXPECT_EQ(error_of(link + "?at=udp://a:1&at=udp://A:1"), PeerUriError::repeated_address);
  EXPECT_EQ(error_of(link + "?secret"), PeerUriError::bad_secret);
  EXPECT_EQ(error_of(link + "?secret=uchqu4vtwta5n37qaeocgncv"), PeerUriError::bad_secret);
  EXPECT_EQ(error_of(link + "?secret=uchqu4vtwta5n37qaeocgncvm5"), PeerUriError::bad_secret);
  EXPECT_EQ(error_of(link + "?account=" + crypto::to_text(*example().key)),
            PeerUriError::bad_account);
  for (const std::string expiry : {"", "-1", "+1", "01", "1.5", "9223372036854775808", "soon"}) {
    EXPECT_EQ(error_of(link + "?expires=" + expiry), PeerUriError::bad_expiry) << expiry;
  }
  EXPECT_EQ(error_of(link + "?expires=1&expires=1"), PeerUriError::repeated_parameter);
  EXPECT_EQ(parse_peer_uri(link + "?expires=9223372036854775807")->expires_unix_s,
            std::numeric_limits<int64_t>::max());
}

TEST(PeerUriTest, RefusesCharactersThatDoNotBelongInALink) {
  for (const char c : {' ', '\n', '\0', '#', '"', '\\', '\x7f', '\xe4'}) {
    const std::string text = key_link() + "?name=" + c;
    EXPECT_EQ(error_of(text), PeerUriError::foreign_character) << static_cast<int>(c);
  }
  EXPECT_EQ(error_of(" udp://192.0.2.1:7117"), PeerUriError::foreign_character);
}

TEST(PeerUriTest, TakesSixteenAddressesAndRefusesMore) {
  std::string link = key_link() + "?at=udp://192.0.2.1:1";
  for (int i = 2; i <= 16; ++i) link += "&at=udp://192.0.2.1:" + std::to_string(i);
  ASSERT_TRUE(parse_peer_uri(link).has_value());
  EXPECT_EQ(error_of(link + "&at=udp://192.0.2.1:17"), PeerUriError::too_many_addresses);
}

TEST(PeerUriTest, TakesALinkOf2048CharactersAndRefusesALongerOne) {
  std::string link = key_link() + "?x=";
  link.append(kPeerUriSizeMax - link.size(), 'y');
  EXPECT_TRUE(parse_peer_uri(link).has_value());
  EXPECT_EQ(error_of(link + "y"), PeerUriError::too_long);
}

TEST(PeerUriTest, LeavesTheLastAddressesOutWhenALinkWouldGrowTooLong) {
  PeerUri uri = example();
  uri.addresses.clear();
  for (uint16_t i = 1; i <= 20; ++i) uri.addresses.push_back({Transport::udp, "a.example", i});
  EXPECT_EQ(parse_peer_uri(to_text(uri))->addresses.size(), kPeerUriAddressesMax);

  const std::string label(60, 'a');
  for (PeerAddress& address : uri.addresses) address.host = label + "." + label + "." + label;
  const std::string text = to_text(uri);
  EXPECT_LE(text.size(), kPeerUriSizeMax);
  const auto again = parse_peer_uri(text);
  ASSERT_TRUE(again.has_value());
  EXPECT_GE(again->addresses.size(), 8u);
  EXPECT_TRUE(again->secret.has_value());
  EXPECT_EQ(again->expires_unix_s, uri.expires_unix_s);
}

TEST(PeerUriTest, ConvertsBetweenAddressesAndEndpoints) {
  for (const std::string text : {"192.0.2.1:7117", "[2001:db8::1]:7117", "[fe80::1%3]:7117"}) {
    const Endpoint endpoint = parse_endpoint(text).value();
    const PeerAddress address = peer_address_of(Transport::tcp, endpoint);
    EXPECT_EQ(to_text(address), "tcp://" + text);
    EXPECT_EQ(endpoint_of(address), endpoint);
  }
  EXPECT_FALSE(endpoint_of({Transport::udp, "node.example.net", 7117}).has_value());
}

TEST(PeerUriTest, DescribesEveryErrorInOneSentence) {
  for (int i = 0; i <= static_cast<int>(PeerUriError::bad_expiry); ++i) {
    const std::string_view sentence = describe(static_cast<PeerUriError>(i));
    EXPECT_TRUE(sentence.ends_with('.'));
    EXPECT_NE(sentence, "The link is not valid.") << i;
  }
}

}  // namespace peer_uri_test
}  // namespace starling::reach
