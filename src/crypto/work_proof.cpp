#include "crypto/work_proof.h"

#include "base/check.h"
#include "crypto/work_proof_solver.h"

namespace starling::crypto {
namespace {

// Index by index, the highest bit first.
Bytes packed(const WorkProofParameters& parameters, const WorkSolution& indices) {
  Bytes bytes(parameters.solution_size());
  size_t bit = 0;
  for (const uint32_t index : indices) {
    for (unsigned i = parameters.index_bits(); i-- > 0; ++bit)
      bytes[bit / 8] |= static_cast<uint8_t>((index >> i & 1) << (7 - bit % 8));
  }
  return bytes;
}

WorkSolution unpacked(const WorkProofParameters& parameters, ByteView bytes) {
  WorkSolution indices(parameters.solution_strings());
  size_t bit = 0;
  for (uint32_t& index : indices) {
    for (unsigned i = 0; i < parameters.index_bits(); ++i, ++bit)
      index = index << 1 | (uint32_t{bytes[bit / 8]} >> (7 - bit % 8) & 1);
  }
  return indices;
}

// One order of the strings of a tree is right, so that nobody gets many proofs out of one; and no string counts twice, since any
// strings at all make a sum of zero with themselves.
bool are_in_order(const WorkSolution& indices) {
  for (size_t half = 1; half < indices.size(); half *= 2)
    for (size_t left = 0; left < indices.size(); left += 2 * half)
      if (indices[left] >= indices[left + half]) return false;
  WorkSolution sorted = indices;
  std::ranges::sort(sorted);
  return std::ranges::adjacent_find(sorted) == sorted.end();
}

// Whether the sums of each level of the tree have a digit more of zeros than those below, and the last is zero.
bool do_collide(const WorkProofParameters& parameters, const WorkStrings& strings,
                const WorkSolution& indices) {
  const uint64_t digit_mask = (uint64_t{1} << parameters.digit_bits()) - 1;
  std::vector<WorkString> sums;
  for (const uint32_t index : indices) sums.push_back(strings.at(index));
  while (sums.size() > 1) {
    for (size_t i = 0; i < sums.size() / 2; ++i) {
      const WorkString sum = sums[2 * i] ^ sums[2 * i + 1];
      if ((sum.low & digit_mask) != 0) return false;
      sums[i] = sum >> parameters.digit_bits();
    }
    sums.resize(sums.size() / 2);
  }
  return sums.front().is_zero();
}

// The smallest that is rare enough; empty when none is.
Bytes best_of(const WorkProofParameters& parameters, const WorkSeed& seed,
              const std::vector<WorkSolution>& solutions) {
  Bytes best;
  for (const WorkSolution& indices : solutions) {
    Bytes solution = packed(parameters, indices);
    if (!best.empty() && best < solution) continue;
    if (is_rare_enough(parameters, seed, solution)) best = std::move(solution);
  }
  return best;
}

}  // namespace

std::optional<WorkProof> decode_work_proof(const WorkProofParameters& parameters, ByteView bytes) {
  if (bytes.size() != parameters.proof_size() || bytes.front() > kWorkProofNonceMax)
    return std::nullopt;
  return WorkProof{.nonce = bytes.front(), .solution = copy_of(bytes.subspan(1))};
}

Bytes encode(const WorkProof& proof) {
  Bytes bytes = {proof.nonce};
  append(bytes, proof.solution);
  return bytes;
}

std::optional<WorkProof> find_work_proof(const WorkProofParameters& parameters, ByteView subject,
                                         const std::function<bool()>& stop) {
  STARLING_CHECK(parameters.are_usable());
  WorkProofSolver solver(parameters);
  for (uint8_t nonce = 0; nonce <= kWorkProofNonceMax; ++nonce) {
    const WorkSeed seed = work_seed_of(parameters, subject, nonce);
    const auto solutions = solver.solve(WorkStrings(parameters, seed), stop);
    if (!solutions) return std::nullopt;
    Bytes solution = best_of(parameters, seed, *solutions);
    if (!solution.empty()) return WorkProof{.nonce = nonce, .solution = std::move(solution)};
  }
  return std::nullopt;
}

bool is_work_proof(const WorkProofParameters& parameters, ByteView subject, ByteView encoded) {
  STARLING_CHECK(parameters.are_usable());
  const auto proof = decode_work_proof(parameters, encoded);
  if (!proof) return false;
  const WorkSolution indices = unpacked(parameters, proof->solution);
  if (!are_in_order(indices)) return false;
  const WorkSeed seed = work_seed_of(parameters, subject, proof->nonce);
  return is_rare_enough(parameters, seed, proof->solution) &&
         do_collide(parameters, WorkStrings(parameters, seed), indices);
}

}  // namespace starling::crypto
