// link/data_plane.h - the keys, counters and replay window of one handshake: all that moving data needs.
//
// How:     seal_* appends one packet; open checks, decrypts and marks one.
// Threads: single owner, but any owner: it shares nothing with the link's control part, so a worker can have it.
// Rule:    a counter is used once; at kRecordsMax the plane refuses to seal (is_spent) and a rekey must have come long before.
// Wire:    docs/wire/link.md#data.
#pragma once

#include <expected>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/noise.h"
#include "link/packet.h"
#include "link/replay_window.h"

namespace starling::link {

enum class OpenError : uint8_t { replayed, forged };

class DataPlane {
 public:
  // Rekey after so many records of up to 9 KB: as many blocks as in 2^28 records of 2 KiB, and far below the refusal.
  static constexpr uint64_t kRekeyRecords = uint64_t{1} << 26;
  static constexpr uint64_t kRecordsMax = uint64_t{1} << 27;
  // Bytes that seal_plain adds to a plaintext.
  static constexpr size_t kPlainOverhead = kDataHeaderSize + crypto::kAeadTagSize;
  // Bytes that seal_sealed adds to a mesh header and a body.
  static constexpr size_t kSealedOverhead = kDataHeaderSize + 2 + crypto::kAeadTagSize;

  DataPlane(uint32_t local_index, uint32_t remote_index, crypto::Cipher cipher,
            const crypto::TransportKeys& keys);

  // A plain packet: all of `plaintext` is encrypted. Pre: !is_spent().
  void seal_plain(ByteView plaintext, Bytes& out);
  // A sealed packet: the AEAD covers `mesh_header` only; `body` is end-to-end ciphertext already. Pre: !is_spent().
  void seal_sealed(ByteView mesh_header, ByteView body, Bytes& out);

  struct Opened {
    Bytes plaintext;      // plain: the frames; sealed: the mesh header
    ByteView body;        // sealed only; borrows from the packet
    bool newest = false;  // its counter is above all earlier ones
  };
  // `forged` also covers sealed packets whose header length does not fit.
  [[nodiscard]] std::expected<Opened, OpenError> open(const DataPacket& packet);

  [[nodiscard]] uint32_t local_index() const { return local_index_; }
  [[nodiscard]] uint32_t remote_index() const { return remote_index_; }
  [[nodiscard]] uint64_t sent() const { return send_counter_; }
  [[nodiscard]] bool is_spent() const { return send_counter_ >= kRecordsMax; }
  [[nodiscard]] crypto::Cipher cipher() const { return send_key_.cipher(); }

 private:
  uint32_t local_index_;
  uint32_t remote_index_;
  crypto::AeadKey send_key_;
  crypto::AeadKey receive_key_;
  uint64_t send_counter_ = 0;
  ReplayWindow replay_;
};

}  // namespace starling::link
