#include "session/service_header.h"

#include <gtest/gtest.h>

namespace starling::session {
namespace service_header_test {

// docs/wire/session.md#service-header
constexpr std::string_view kExample =
    "12"
    "6f72672e6578616d706c652e636861742f31";

TEST(ServiceHeaderTest, EncodesTheExampleOfTheWirePage) {
  EXPECT_EQ(to_hex(ServiceHeader{"org.example.chat/1"}.encode()), kExample);
}

TEST(ServiceHeaderTest, DecodesTheExampleAndRefusesEveryPrefixAndOneByteMore) {
  Bytes bytes = *from_hex(kExample);
  ASSERT_TRUE(ServiceHeader::decode(bytes));
  EXPECT_EQ(ServiceHeader::decode(bytes)->name, "org.example.chat/1");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ServiceHeader::decode(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back('a');
  EXPECT_FALSE(ServiceHeader::decode(bytes));
}

TEST(ServiceHeaderTest, AcceptsOnlyNamesOfItsAlphabetAndLength) {
  EXPECT_TRUE(is_service_name("a"));
  EXPECT_TRUE(is_service_name("x-y_z.0/9"));
  EXPECT_TRUE(is_service_name(std::string(64, 'a')));
  EXPECT_FALSE(is_service_name(""));
  EXPECT_FALSE(is_service_name(std::string(65, 'a')));
  for (int c = 0; c < 256; ++c) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                         std::string_view("./_-").find(static_cast<char>(c)) != std::string::npos;
    const Bytes bytes{1, static_cast<uint8_t>(c)};
    EXPECT_EQ(ServiceHeader::decode(bytes).has_value(), allowed) << c;
  }
  EXPECT_FALSE(ServiceHeader::decode(Bytes{0}));
  Bytes too_long(66, 'a');
  too_long[0] = 65;
  EXPECT_FALSE(ServiceHeader::decode(too_long));
}

TEST(ServiceHeaderTest, CollectsTheHeaderFromPiecesOfAnySizeAndLeavesTheRest) {
  Bytes bytes = *from_hex(kExample);
  append(bytes, view_of("payload"));
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    ServiceHeaderReader reader;
    Bytes rest;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      ByteView view = ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at));
      reader.take(view);
      append(rest, view);
    }
    ASSERT_EQ(reader.state(), ServiceHeaderReader::State::complete);
    EXPECT_EQ(reader.name(), "org.example.chat/1");
    EXPECT_EQ(text_of(rest), "payload");
  }
}

TEST(ServiceHeaderTest, AMalformedHeaderStaysMalformed) {
  ServiceHeaderReader reader;
  const Bytes bytes{2, 'a', 'A', 1, 'a'};
  ByteView view = bytes;
  EXPECT_EQ(reader.take(view), ServiceHeaderReader::State::malformed);
  EXPECT_EQ(reader.take(view), ServiceHeaderReader::State::malformed);
}

}  // namespace service_header_test
}  // namespace starling::session
