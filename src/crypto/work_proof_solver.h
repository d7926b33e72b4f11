// crypto/work_proof_solver.h - finds the solutions among the strings of one nonce, by Wagner's algorithm.
//
// How:     level 0 has a row for each string, level i a row for each sum of 2^i strings whose first i digits are zero. The rows of
//          a level lie in buckets by a part of their next digit. A bucket after the other is sorted by the other part; of every two
//          rows that agree in both the sum goes to the next level, and the bucket's memory is free for it. The last level has two
//          digits left, and rows that agree in both make a solution.
// Bounds:  a row meets at most kPartnersMax others, and what finds no memory is dropped. With random strings neither happens, and
//          nobody can make others.
#pragma once

#include "crypto/work_proof_rows.h"

namespace starling::crypto {

// Indices of strings in the order of the tree: of the two halves of each part the one with the smaller first index comes first.
using WorkSolution = std::vector<uint32_t>;

class WorkProofSolver {
 public:
  // Takes the memory: 19 bytes a string at the production parameters. Pre: parameters.are_usable().
  explicit WorkProofSolver(const WorkProofParameters& parameters);

  // All solutions, in an order that the strings decide. Empty when stopped.
  std::optional<std::vector<WorkSolution>> solve(const WorkStrings& strings,
                                                 const std::function<bool()>& stop);

 private:
  using Buckets = std::vector<WorkRowList>;

  void clear();
  bool fill(const WorkStrings& strings, const std::function<bool()>& stop);
  void add(Buckets& buckets, unsigned level, const WorkString& sum, uint64_t note);
  // Calls visit(first, end) for the rows of each digit, which are then sorted_[first] to sorted_[end - 1]. False when stopped.
  template <typename Visit>
  bool each_group(unsigned level, const std::function<bool()>& stop, Visit visit);
  void sort(WorkRowList& bucket, unsigned level);
  void pair_up(unsigned level, size_t first, size_t end);
  bool keep_notes(unsigned level, size_t first, size_t end);
  void match(size_t first, size_t end, std::vector<WorkSolution>& solutions) const;
  [[nodiscard]] WorkSolution indices_of(unsigned level, uint64_t note) const;
  [[nodiscard]] WorkSolution joined(unsigned level, uint64_t note, uint64_t other_note) const;

  WorkProofParameters parameters_;
  unsigned bucket_bits_;
  std::vector<WorkRowLayout> layouts_;       // by level
  std::vector<WorkRowLayout> note_layouts_;  // by level
  WorkMemory memory_;
  Buckets buckets_;
  Buckets next_buckets_;
  std::vector<WorkRowList> notes_;  // by level: of the rows that met another
  std::vector<WorkRow> sorted_;     // of one bucket
  std::vector<uint32_t> ends_;      // in sorted_, by the other part of the digit
};

}  // namespace starling::crypto
