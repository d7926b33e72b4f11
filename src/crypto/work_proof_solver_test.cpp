#include "crypto/work_proof_solver.h"

#include <gtest/gtest.h>
#include <map>

namespace starling::crypto {
namespace work_proof_solver_test {

struct Sum {
  WorkString rest;
  WorkSolution indices;
};

Sum joined(const Sum& a, const Sum& b, unsigned shift) {
  if (b.indices.front() < a.indices.front()) return joined(b, a, shift);
  Sum sum{(a.rest ^ b.rest) >> shift, a.indices};
  sum.indices.insert(sum.indices.end(), b.indices.begin(), b.indices.end());
  return sum;
}

bool are_distinct(WorkSolution indices) {
  std::ranges::sort(indices);
  return std::ranges::adjacent_find(indices) == indices.end();
}

// The obvious way: every sum with all its indices, in maps.
std::vector<WorkSolution> slow_solutions(const WorkProofParameters& parameters,
                                         const WorkStrings& strings) {
  std::vector<Sum> sums;
  for (uint32_t i = 0; i < parameters.string_count(); ++i) sums.push_back({strings.at(i), {i}});
  const uint64_t digit_mask = (uint64_t{1} << parameters.digit_bits()) - 1;
  for (unsigned level = 0; level < parameters.k; ++level) {
    std::map<uint64_t, std::vector<Sum>> groups;
    for (const Sum& sum : sums) groups[sum.rest.low & digit_mask].push_back(sum);
    sums.clear();
    for (const auto& [digit, group] : groups) {
      for (size_t i = 0; i < group.size(); ++i) {
        for (size_t j = i + 1; j < group.size(); ++j) {
          Sum sum = joined(group[i], group[j], parameters.digit_bits());
          if (are_distinct(sum.indices)) sums.push_back(std::move(sum));
        }
      }
    }
  }
  std::erase_if(sums, [](const Sum& sum) { return !sum.rest.is_zero(); });
  std::vector<WorkSolution> solutions;
  for (const Sum& sum : sums) solutions.push_back(sum.indices);
  std::ranges::sort(solutions);
  return solutions;
}

std::vector<WorkSolution> fast_solutions(WorkProofSolver& solver, const WorkStrings& strings) {
  auto solutions = solver.solve(strings, [] { return false; }).value();
  std::ranges::sort(solutions);
  return solutions;
}

class WorkProofSolverTest : public testing::TestWithParam<WorkProofParameters> {};

TEST_P(WorkProofSolverTest, FindsWhatTheObviousWayFinds) {
  WorkProofSolver solver(GetParam());
  size_t found = 0;
  for (uint8_t nonce = 0; nonce < 20; ++nonce) {
    const WorkStrings strings(GetParam(), work_seed_of(GetParam(), view_of("subject"), nonce));
    const auto solutions = fast_solutions(solver, strings);
    EXPECT_EQ(solutions, slow_solutions(GetParam(), strings)) << int{nonce};
    found += solutions.size();
  }
  EXPECT_GT(found, 5U);
}

// Digits of 8 bits; an odd number; another number of levels; strings above 64 bits.
INSTANTIATE_TEST_SUITE_P(Sizes, WorkProofSolverTest,
                         testing::Values(WorkProofParameters{32, 3, 0},
                                         WorkProofParameters{36, 3, 0},
                                         WorkProofParameters{48, 5, 0},
                                         WorkProofParameters{55, 4, 0},
                                         WorkProofParameters{72, 5, 0}));

TEST(WorkProofSolverTest, LeavesNothingBehindWhenItIsStopped) {
  const WorkProofParameters parameters{48, 5, 0};
  const WorkStrings strings(parameters, work_seed_of(parameters, view_of("subject"), 3));
  WorkProofSolver solver(parameters);
  const auto expected = solver.solve(strings, [] { return false; });
  for (int questions = 0; questions < 40; ++questions) {
    int left = questions;
    ASSERT_EQ(solver.solve(strings, [&] { return left-- == 0; }), std::nullopt) << questions;
    ASSERT_EQ(solver.solve(strings, [] { return false; }), expected) << questions;
  }
}

// 512 strings, of which a solution needs 128: nearly all sums have some of them twice, and there are ever more of these sums.
TEST(WorkProofSolverTest, StaysWithinItsMemoryWhenSumsMeetMoreOftenThanByChance) {
  const WorkProofParameters parameters{64, 7, 0};
  WorkProofSolver solver(parameters);
  for (uint8_t nonce = 0; nonce < 20; ++nonce) {
    const WorkStrings strings(parameters, work_seed_of(parameters, view_of("subject"), nonce));
    EXPECT_TRUE(fast_solutions(solver, strings).empty());
  }
}

}  // namespace work_proof_solver_test
}  // namespace starling::crypto
