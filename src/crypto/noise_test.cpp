#include "crypto/noise.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "crypto/aead.h"
#include "crypto/identity.h"
#include "crypto/secure_random.h"

namespace starling::crypto {
namespace noise_test {

DhKeyPair pair_of(const DhSecretKey& secret) { return {secret, dh_public_of(secret)}; }

// ---- Published vectors
// -------------------------------------------------------------------------------------------

constexpr const char* kVectorsFile = "/usr/share/gocode/src/github.com/flynn/noise/vectors.txt";
constexpr std::string_view kProtocol = "Noise_IK_25519_ChaChaPoly_SHA256";

// One block of the file: lines of the form name=value, values in hexadecimal except that of
// "handshake".
class NoiseVector {
 public:
  void add(std::string_view line) {
    const size_t equals = line.find('=');
    ASSERT_NE(equals, std::string_view::npos) << line;
    const std::string name(line.substr(0, equals));
    EXPECT_TRUE(fields_.emplace(name, line.substr(equals + 1)).second) << "twice: " << line;
  }
  [[nodiscard]] bool empty() const { return fields_.empty(); }
  [[nodiscard]] bool has(const std::string& name) const { return fields_.contains(name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto field = fields_.find(name);
    return field == fields_.end() ? "" : field->second;
  }
  // Nothing when the field is missing, as for a vector without a prologue.
  [[nodiscard]] Bytes bytes(const std::string& name) const { return from_hex(text(name)).value(); }
  [[nodiscard]] DhKeyPair keys(const std::string& name) const {
    const Bytes secret = bytes(name);
    EXPECT_EQ(secret.size(), DhSecretKey::kSize) << name;
    if (secret.size() != DhSecretKey::kSize) return {};
    return pair_of(DhSecretKey(std::span<const uint8_t, 32>(secret)));
  }

 private:
  std::map<std::string, std::string> fields_;
};

// The vectors of our protocol: another pattern, cipher, hash or a psk modifier has another protocol
// name. They all name every key they use.
std::vector<NoiseVector> published_vectors() {
  std::vector<NoiseVector> ours;
  std::ifstream file(kVectorsFile);
  EXPECT_TRUE(file) << "cannot read " << kVectorsFile
                    << ": install the Debian package golang-github-flynn-noise-dev";
  NoiseVector vector;
  const auto finish_vector = [&] {
    if (vector.text("handshake") == kProtocol) ours.push_back(vector);
    vector = {};
  };
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) {
      finish_vector();
    } else if (line[0] != '#') {
      vector.add(line);
    }
  }
  finish_vector();
  return ours;
}

// Messages of the vector after the handshake: the initiator sends those with even numbers, the
// responder the others.
void expect_transport_messages(const NoiseVector& vector, const TransportKeys& initiator,
                               const TransportKeys& responder) {
  constexpr Cipher kCipher = Cipher::chacha20_poly1305;
  uint64_t counters[2] = {0, 0};
  int number = 2;
  for (;; ++number) {
    const std::string name = "msg_" + std::to_string(number);
    if (!vector.has(name + "_ciphertext")) break;
    const bool from_initiator = number % 2 == 0;
    const AeadKey sending(kCipher, from_initiator ? initiator.send : responder.send);
    const AeadKey receiving(kCipher, from_initiator ? responder.receive : initiator.receive);
    const AeadNonce nonce = counter_nonce(kCipher, counters[number % 2]++);
    const Bytes payload = vector.bytes(name + "_payload");
    Bytes sealed(payload.size() + kAeadTagSize);
    sending.seal(nonce, {}, payload, sealed);
    EXPECT_EQ(to_hex(sealed), vector.text(name + "_ciphertext")) << name;
    Bytes opened(payload.size());
    EXPECT_TRUE(receiving.open(nonce, {}, sealed, opened)) << name;
    EXPECT_EQ(opened, payload) << name;
  }
  EXPECT_GT(number, 3) << "the vector has no transport messages for both directions";
}

void expect_vector_holds(const NoiseVector& vector) {
  const Bytes prologue = vector.bytes("prologue");
  const DhKeyPair initiator_static = vector.keys("init_static");
  const DhKeyPair responder_static = vector.keys("resp_static");
  NoiseIk initiator = NoiseIk::initiator(prologue, initiator_static, responder_static.public_key);
  NoiseIk responder = NoiseIk::responder(prologue, responder_static);

  Bytes message_1;
  ASSERT_TRUE(initiator.write_message_1(vector.keys("gen_init_ephemeral"),
                                        vector.bytes("msg_0_payload"), message_1));
  EXPECT_EQ(to_hex(message_1), vector.text("msg_0_ciphertext"));
  EXPECT_EQ(responder.read_message_1(message_1), vector.bytes("msg_0_payload"));
  EXPECT_EQ(responder.remote_static(), initiator_static.public_key);

  Bytes message_2;
  ASSERT_TRUE(responder.write_message_2(vector.keys("gen_resp_ephemeral"),
                                        vector.bytes("msg_1_payload"), message_2));
  EXPECT_EQ(to_hex(message_2), vector.text("msg_1_ciphertext"));
  EXPECT_EQ(initiator.read_message_2(message_2), vector.bytes("msg_1_payload"));

  EXPECT_EQ(initiator.split().handshake_hash, responder.split().handshake_hash);
  expect_transport_messages(vector, initiator.split(), responder.split());
}

TEST(NoiseVectorsTest, MatchesEveryPublishedVectorByteByByte) {
  const std::vector<NoiseVector> vectors = published_vectors();
  ASSERT_GE(vectors.size(), 1u) << "no vector of " << kProtocol << " in " << kVectorsFile;
  size_t with_prologue = 0;
  size_t with_payload = 0;
  for (const NoiseVector& vector : vectors) {
    SCOPED_TRACE("prologue '" + vector.text("prologue") + "', first payload '" +
                 vector.text("msg_0_payload") + "'");
    expect_vector_holds(vector);
    if (HasFatalFailure()) return;
    with_prologue += vector.bytes("prologue").empty() ? 0u : 1u;
    with_payload += vector.bytes("msg_0_payload").empty() ? 0u : 1u;
  }
  // The file has all four combinations of the two; a reader that loses a field would lose some of
  // them.
  EXPECT_GE(with_prologue, 1u);
  EXPECT_LT(with_prologue, vectors.size());
  EXPECT_GE(with_payload, 1u);
  EXPECT_LT(with_payload, vectors.size());
}

// ---- What must be refused
// ----------------------------------------------------------------------------------------

// Fresh sides of the same handshake whenever a test asks: a failed read leaves a side unusable.
class NoiseIkTest : public testing::Test {
 protected:
  NoiseIkTest() {
    const auto draw = [this] { return pair_of(random_.secret<DhSecretKey>()); };
    initiator_static_ = draw();
    responder_static_ = draw();
    stranger_static_ = draw();
    initiator_ephemeral_ = draw();
    responder_ephemeral_ = draw();
  }

  [[nodiscard]] NoiseIk new_initiator() const {
    return NoiseIk::initiator(prologue_, initiator_static_, responder_static_.public_key);
  }
  [[nodiscard]] NoiseIk new_responder() const {
    return NoiseIk::responder(prologue_, responder_static_);
  }
  [[nodiscard]] Bytes message_1_from(NoiseIk& initiator) const {
    Bytes message;
    EXPECT_TRUE(initiator.write_message_1(initiator_ephemeral_, view_of("ping"), message));
    return message;
  }
  [[nodiscard]] Bytes message_2_from(NoiseIk& responder) const {
    Bytes message;
    EXPECT_TRUE(responder.write_message_2(responder_ephemeral_, view_of("pong"), message));
    return message;
  }
  [[nodiscard]] bool responder_reads(ByteView message_1) const {
    return new_responder().read_message_1(message_1).has_value();
  }
  // Message 2 of the undisturbed handshake.
  [[nodiscard]] Bytes honest_message_2() const {
    NoiseIk initiator = new_initiator();
    NoiseIk responder = new_responder();
    EXPECT_TRUE(responder.read_message_1(message_1_from(initiator)));
    return message_2_from(responder);
  }
  // Whether an initiator that has sent message 1 takes this one.
  [[nodiscard]] bool initiator_reads(ByteView message_2) const {
    NoiseIk initiator = new_initiator();
    (void)message_1_from(initiator);
    return initiator.read_message_2(message_2).has_value();
  }

  SeededRandom random_{1};
  const Bytes prologue_ = copy_of(view_of("starling/1 world"));
  DhKeyPair initiator_static_;
  DhKeyPair responder_static_;
  DhKeyPair stranger_static_;
  DhKeyPair initiator_ephemeral_;
  DhKeyPair responder_ephemeral_;
};

TEST_F(NoiseIkTest, BothSidesEndWithMatchingKeysAndThePayloads) {
  NoiseIk initiator = new_initiator();
  NoiseIk responder = new_responder();
  const Bytes message_1 = message_1_from(initiator);
  EXPECT_EQ(message_1.size(), kNoiseMessage1Overhead + 4);
  EXPECT_EQ(responder.read_message_1(message_1), copy_of(view_of("ping")));
  EXPECT_EQ(responder.remote_static(), initiator_static_.public_key);
  EXPECT_EQ(initiator.remote_static(), responder_static_.public_key);
  const Bytes message_2 = message_2_from(responder);
  EXPECT_EQ(message_2.size(), kNoiseMessage2Overhead + 4);
  EXPECT_EQ(initiator.read_message_2(message_2), copy_of(view_of("pong")));

  const TransportKeys ours = initiator.split();
  const TransportKeys theirs = responder.split();
  EXPECT_TRUE(same_bytes(ours.send.reveal(), theirs.receive.reveal()));
  EXPECT_TRUE(same_bytes(ours.receive.reveal(), theirs.send.reveal()));
  EXPECT_FALSE(same_bytes(ours.send.reveal(), ours.receive.reveal()));
  EXPECT_EQ(ours.handshake_hash, theirs.handshake_hash);
}

TEST_F(NoiseIkTest, AppendsItsMessagesBehindWhatTheBufferHolds) {
  NoiseIk initiator = new_initiator();
  NoiseIk responder = new_responder();
  Bytes message = copy_of(view_of("header"));
  ASSERT_TRUE(initiator.write_message_1(initiator_ephemeral_, {}, message));
  EXPECT_EQ(text_of(ByteView(message).first(6)), "header");
  EXPECT_EQ(responder.read_message_1(ByteView(message).subspan(6)), Bytes{});
  message.resize(6);
  ASSERT_TRUE(responder.write_message_2(responder_ephemeral_, {}, message));
  EXPECT_EQ(text_of(ByteView(message).first(6)), "header");
  EXPECT_EQ(initiator.read_message_2(ByteView(message).subspan(6)), Bytes{});
}

TEST_F(NoiseIkTest, DoesNotShowTheInitiatorsStaticKey) {
  NoiseIk initiator = new_initiator();
  const Bytes message = message_1_from(initiator);
  EXPECT_EQ(text_of(message).find(text_of(initiator_static_.public_key.view())),
            std::string_view::npos);
}

TEST_F(NoiseIkTest, AnotherEphemeralKeyGivesOtherTransportKeys) {
  const auto keys_with = [this](const DhKeyPair& ephemeral) {
    NoiseIk initiator = new_initiator();
    NoiseIk responder = new_responder();
    EXPECT_TRUE(responder.read_message_1(message_1_from(initiator)));
    Bytes message_2;
    EXPECT_TRUE(responder.write_message_2(ephemeral, {}, message_2));
    return responder.split();
  };
  EXPECT_FALSE(same_bytes(keys_with(responder_ephemeral_).send.reveal(),
                          keys_with(stranger_static_).send.reveal()));
}

TEST_F(NoiseIkTest, AResponderRefusesAMessageForAnotherKey) {
  NoiseIk initiator = NoiseIk::initiator(prologue_, initiator_static_, stranger_static_.public_key);
  EXPECT_FALSE(responder_reads(message_1_from(initiator)));
}

TEST_F(NoiseIkTest, AnInitiatorRefusesTheAnswerOfAnotherKey) {
  // The stranger saw message 1, has its ephemeral key and answers in a handshake of its own.
  NoiseIk to_stranger =
      NoiseIk::initiator(prologue_, initiator_static_, stranger_static_.public_key);
  NoiseIk stranger = NoiseIk::responder(prologue_, stranger_static_);
  ASSERT_TRUE(stranger.read_message_1(message_1_from(to_stranger)));
  EXPECT_FALSE(initiator_reads(message_2_from(stranger)));
}

// Who knows the initiator's public key but not its secret cannot pose as it.
TEST_F(NoiseIkTest, AResponderRefusesAStaticKeyWhoseSecretTheSenderLacks) {
  const DhKeyPair forged = {stranger_static_.secret, initiator_static_.public_key};
  NoiseIk initiator = NoiseIk::initiator(prologue_, forged, responder_static_.public_key);
  EXPECT_FALSE(responder_reads(message_1_from(initiator)));
}

TEST_F(NoiseIkTest, AResponderRefusesAnotherPrologue) {
  for (const std::string_view other :
       {"", "starling/1 worlds", "starling/1 worl", "starling/2 world"}) {
    NoiseIk initiator =
        NoiseIk::initiator(view_of(other), initiator_static_, responder_static_.public_key);
    EXPECT_FALSE(responder_reads(message_1_from(initiator))) << other;
  }
}

TEST_F(NoiseIkTest, AnInitiatorRefusesAnotherPrologue) {
  const Bytes other = copy_of(view_of("starling/1 demo"));
  NoiseIk initiator = NoiseIk::initiator(other, initiator_static_, responder_static_.public_key);
  (void)message_1_from(initiator);
  EXPECT_FALSE(initiator.read_message_2(honest_message_2()));
}

TEST_F(NoiseIkTest, AnInitiatorRefusesTheAnswerToAnotherFirstMessage) {
  NoiseIk other = new_initiator();
  Bytes message_1;
  ASSERT_TRUE(other.write_message_1(stranger_static_, view_of("ping"), message_1));
  NoiseIk responder = new_responder();
  ASSERT_TRUE(responder.read_message_1(message_1));
  EXPECT_FALSE(initiator_reads(message_2_from(responder)));
}

TEST_F(NoiseIkTest, AResponderRefusesEveryAlteredBitOfMessage1) {
  NoiseIk initiator = new_initiator();
  const Bytes message = message_1_from(initiator);
  ASSERT_TRUE(responder_reads(message));
  for (size_t bit = 0; bit < message.size() * 8; ++bit) {
    Bytes altered = message;
    altered[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_FALSE(responder_reads(altered)) << "bit " << bit;
  }
}

TEST_F(NoiseIkTest, AnInitiatorRefusesEveryAlteredBitOfMessage2) {
  const Bytes message = honest_message_2();
  ASSERT_TRUE(initiator_reads(message));
  for (size_t bit = 0; bit < message.size() * 8; ++bit) {
    Bytes altered = message;
    altered[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_FALSE(initiator_reads(altered)) << "bit " << bit;
  }
}

TEST_F(NoiseIkTest, AResponderRefusesMessage1CutAnywhereOrOneByteLonger) {
  NoiseIk initiator = new_initiator();
  Bytes message = message_1_from(initiator);
  for (size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(responder_reads(ByteView(message).first(size))) << size;
  }
  message.push_back(0);
  EXPECT_FALSE(responder_reads(message));
}

TEST_F(NoiseIkTest, AnInitiatorRefusesMessage2CutAnywhereOrOneByteLonger) {
  Bytes message = honest_message_2();
  for (size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(initiator_reads(ByteView(message).first(size))) << size;
  }
  message.push_back(0);
  EXPECT_FALSE(initiator_reads(message));
}

TEST_F(NoiseIkTest, LowOrderPointsAreRefusedOnBothSides) {
  NoiseIk initiator = NoiseIk::initiator(prologue_, initiator_static_, DhPublicKey{});
  Bytes unused;
  EXPECT_FALSE(initiator.write_message_1(initiator_ephemeral_, {}, unused));
  NoiseIk honest = new_initiator();
  Bytes message_1 = message_1_from(honest);
  std::fill_n(message_1.begin(), DhPublicKey::kSize, uint8_t{0});
  EXPECT_FALSE(responder_reads(message_1));
  Bytes message_2 = honest_message_2();
  std::fill_n(message_2.begin(), DhPublicKey::kSize, uint8_t{0});
  EXPECT_FALSE(initiator_reads(message_2));
}

TEST_F(NoiseIkTest, AFailedReadLeavesTheHandshakeUnusable) {
  NoiseIk initiator = new_initiator();
  const Bytes message = message_1_from(initiator);
  NoiseIk responder = new_responder();
  ASSERT_FALSE(responder.read_message_1(ByteView(message).first(40)));
  EXPECT_DEATH((void)responder.read_message_1(message), "step_");
  EXPECT_DEATH((void)message_2_from(responder), "step_");
  EXPECT_DEATH((void)responder.split(), "step_");
  ASSERT_FALSE(initiator.read_message_2({}));
  EXPECT_DEATH((void)initiator.read_message_2(honest_message_2()), "step_");
}

TEST_F(NoiseIkTest, StepsOutOfOrderAreProgrammingErrors) {
  NoiseIk initiator = new_initiator();
  EXPECT_DEATH((void)initiator.read_message_2(Bytes(100)), "step_");
  EXPECT_DEATH((void)initiator.read_message_1(Bytes(100)), "role_");
  EXPECT_DEATH((void)initiator.split(), "step_");
  (void)message_1_from(initiator);
  EXPECT_DEATH((void)message_1_from(initiator), "step_");
  NoiseIk responder = new_responder();
  EXPECT_DEATH((void)message_2_from(responder), "step_");
  EXPECT_DEATH((void)message_1_from(responder), "role_");
}

}  // namespace noise_test
}  // namespace starling::crypto
