#include "link/handshake.h"

#include "base/check.h"

namespace starling::link {
namespace {

crypto::DhKeyPair ephemeral_pair(crypto::SecureRandom& random) {
  crypto::DhKeyPair pair;
  pair.secret = random.secret<crypto::DhSecretKey>();
  pair.public_key = crypto::dh_public_of(pair.secret);
  return pair;
}

// Two Ed25519 keys that differ in the sign bit have one X25519 key: the prologue says which of them is meant.
Bytes prologue_for(const HandshakeContext& context, const crypto::NodeKey& responder) {
  Bytes prologue = context.prologue;
  append(prologue, responder.view());
  return prologue;
}

std::optional<Established> establish(const crypto::NoiseIk& noise, const Hello& own, Hello peer,
                                     uint32_t local_index, uint32_t remote_index) {
  const auto agreement = agree(own, peer);
  if (!agreement) return std::nullopt;
  auto plane =
      std::make_unique<DataPlane>(local_index, remote_index, agreement->cipher, noise.split());
  return Established{std::move(plane), *agreement, std::move(peer)};
}

}  // namespace

HandshakeContext::HandshakeContext(const crypto::Identity& own, std::string_view network_name)
    : identity(own), dh_keys{own.dh_secret(), own.dh_public()} {
  append(prologue, view_of("starling/1"));
  prologue.push_back(0);
  append(prologue, view_of(network_name));
  prologue.push_back(0);
}

std::optional<Initiation> Initiation::begin(const HandshakeContext& context,
                                            const crypto::NodeKey& peer, const Hello& hello,
                                            uint32_t local_index, crypto::SecureRandom& random) {
  const auto peer_dh = crypto::to_dh_public(peer);
  if (!peer_dh) return std::nullopt;
  auto noise = crypto::NoiseIk::initiator(prologue_for(context, peer), context.dh_keys, *peer_dh);
  // The Noise static key is the X25519 form, from which the Ed25519 key cannot be told: it goes along.
  Bytes payload = copy_of(context.identity.key().view());
  encode(hello, payload);
  Bytes message;
  if (!noise.write_message_1(ephemeral_pair(random), payload, message)) return std::nullopt;
  return Initiation(std::move(noise), encode_init(local_index, message), local_index, hello);
}

std::optional<Established> Initiation::read_response(const HandshakeResponse& response) const {
  // A copy: a forged response must not spoil the state for the genuine one.
  crypto::NoiseIk noise = noise_;
  const auto payload = noise.read_message_2(response.noise);
  if (!payload) return std::nullopt;
  auto peer_hello = decode_hello(*payload);
  if (!peer_hello) return std::nullopt;
  return establish(noise, hello_, std::move(*peer_hello), local_index_, response.sender_index);
}

std::optional<ReceivedInit> read_init(const HandshakeContext& context, const HandshakeInit& init) {
  const Bytes prologue = prologue_for(context, context.identity.key());
  auto noise = crypto::NoiseIk::responder(prologue, context.dh_keys);
  const auto payload = noise.read_message_1(init.noise);
  if (!payload || payload->size() < crypto::NodeKey::kSize) return std::nullopt;
  const auto peer = *crypto::NodeKey::from(ByteView(*payload).first(crypto::NodeKey::kSize));
  const auto peer_dh = crypto::to_dh_public(peer);
  if (!peer_dh || *peer_dh != noise.remote_static()) return std::nullopt;
  auto hello = decode_hello(ByteView(*payload).subspan(crypto::NodeKey::kSize));
  if (!hello) return std::nullopt;
  return ReceivedInit{std::move(noise), peer, std::move(*hello), init.sender_index};
}

std::optional<Answer> answer_init(ReceivedInit init, const Hello& hello, uint32_t local_index,
                                  crypto::SecureRandom& random) {
  if (!agree(hello, init.hello)) return std::nullopt;
  Bytes payload;
  encode(hello, payload);
  Bytes message;
  if (!init.noise.write_message_2(ephemeral_pair(random), payload, message)) return std::nullopt;
  auto established =
      establish(init.noise, hello, std::move(init.hello), local_index, init.remote_index);
  STARLING_CHECK(established.has_value());
  return Answer{encode_response(local_index, init.remote_index, message), std::move(*established)};
}

}  // namespace starling::link
