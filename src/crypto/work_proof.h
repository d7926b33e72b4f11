// crypto/work_proof.h - shows that somebody spent seconds of a core and much memory on a subject; checked in microseconds.
//
// How:     Equihash with its difficulty condition (Biryukov, Khovratovich: Asymmetric Proof-of-Work Based on the Generalized
//          Birthday Problem, 2016): of 2^(n/(k+1)+1) pseudo-random strings of n bits find 2^k whose sum modulo 2 is zero, and that
//          collide as Wagner's algorithm makes them collide: in pairs, pairs of pairs and so on, a digit more each time.
// Threads: find_work_proof() computes for seconds, so it belongs on a thread of its own. No state is shared.
// Wire:    docs/wire/work-proof.md.
#pragma once

#include <functional>
#include <optional>

#include "base/bytes.h"

namespace starling::crypto {

struct WorkProofParameters {
  unsigned n;           // bits of a string, in k + 1 digits of equal size
  unsigned k;           // a solution has 2^k strings
  unsigned difficulty;  // one solution of 2^difficulty is a proof

  [[nodiscard]] constexpr unsigned digit_bits() const { return n / (k + 1); }
  [[nodiscard]] constexpr unsigned index_bits() const { return digit_bits() + 1; }
  [[nodiscard]] constexpr uint32_t string_count() const { return uint32_t{1} << index_bits(); }
  [[nodiscard]] constexpr size_t solution_strings() const { return size_t{1} << k; }
  // Bytes; the indices fill them, since 2^k is a multiple of 8.
  [[nodiscard]] constexpr size_t solution_size() const {
    return solution_strings() * index_bits() / 8;
  }
  // Bytes of an encoded proof.
  [[nodiscard]] constexpr size_t proof_size() const { return 1 + solution_size(); }
  // What all functions below want. The digits must be few and long, or there are hardly enough strings for a solution; digits of
  // 23 bits take the solver 300 MiB.
  [[nodiscard]] constexpr bool are_usable() const {
    return k >= 3 && k <= 7 && n <= 126 && n % (k + 1) == 0 && digit_bits() > k &&
           digit_bits() <= 23 && difficulty <= 8;
  }
};

// Chosen for 5 to 10 s of an ordinary core within about 150 MiB. Measured: docs/wire/work-proof.md#cost. Larger digits cost more
// memory, a larger k more bytes in every proof; the difficulty costs neither.
inline constexpr WorkProofParameters kWorkProofParameters = {.n = 110, .k = 4, .difficulty = 3};
inline constexpr size_t kWorkProofSize = kWorkProofParameters.proof_size();
static_assert(kWorkProofParameters.are_usable() && kWorkProofSize == 47);

// A nonce has two solutions on average, so a quarter of a proof: one subject in e^32 has none. Trying more nonces costs as much as
// trying more subjects, so the bound is no limit to an attacker; it leaves a bit for later versions.
inline constexpr uint8_t kWorkProofNonceMax = 127;

struct WorkProof {
  uint8_t nonce = 0;
  Bytes solution;  // the indices of the strings in the order of the tree, index_bits() each
  friend bool operator==(const WorkProof&, const WorkProof&) = default;
};

// Refuses another length and a nonce above the bound. Whether it proves anything, is_work_proof() says.
std::optional<WorkProof> decode_work_proof(const WorkProofParameters& parameters, ByteView bytes);
Bytes encode(const WorkProof& proof);

// The first proof: of the first nonce that has one, the smallest in the order of its bytes. Always the same for a subject, on every
// computer. `subject` begins with a label that says what it is. `stop` is asked every few milliseconds; empty as soon as it says
// true, and for a subject that has no proof. Takes the memory while it runs and gives it back.
std::optional<WorkProof> find_work_proof(const WorkProofParameters& parameters, ByteView subject,
                                         const std::function<bool()>& stop);

// Whether `encoded` is a proof for the subject, the first or another. Takes any bytes. Costs 2^k + 2 hashes at most, none for a
// wrong length or order.
bool is_work_proof(const WorkProofParameters& parameters, ByteView subject, ByteView encoded);

}  // namespace starling::crypto
