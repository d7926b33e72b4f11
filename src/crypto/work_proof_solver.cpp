#include "crypto/work_proof_solver.h"

#include <utility>

#include "base/check.h"

namespace starling::crypto {
namespace {

// A digit has two rows on average; one in 10^24 has more than this.
constexpr unsigned kPartnerBits = 5;
constexpr size_t kPartnersMax = (size_t{1} << kPartnerBits) - 1;

// A nonce has two.
constexpr size_t kSolutionsMax = 256;

// What tells the rows of a level apart is in their notes. Level 0: the index of the string. Level 1: both indices. Above: the
// place of one row's note in the list of the level below, and how much further the other one's is; the memory ends before places
// need more than 27 bits.
unsigned note_bits_of(const WorkProofParameters& parameters, unsigned level) {
  if (level == 0) return parameters.index_bits();
  if (level == 1) return 2 * parameters.index_bits();
  return 27 + kPartnerBits;
}

// More buckets make a row smaller by what need not be stored, but twice as many as this were 20 % slower at the production
// parameters: the ends of all lists must stay in the cache.
unsigned bucket_bits_of(const WorkProofParameters& parameters) {
  return parameters.digit_bits() / 2 - 1;
}

std::vector<WorkRowLayout> row_layouts(const WorkProofParameters& parameters) {
  std::vector<WorkRowLayout> layouts;
  unsigned rest_bits = parameters.n - bucket_bits_of(parameters);
  for (unsigned level = 0; level < parameters.k; ++level) {
    layouts.emplace_back(rest_bits, note_bits_of(parameters, level));
    rest_bits -= parameters.digit_bits();
  }
  return layouts;
}

std::vector<WorkRowLayout> note_layouts(const WorkProofParameters& parameters) {
  std::vector<WorkRowLayout> layouts;
  for (unsigned level = 0; level < parameters.k; ++level)
    layouts.emplace_back(0, note_bits_of(parameters, level));
  return layouts;
}

// For as many rows in each level as there are strings, and some more: a byte a row, and for every bucket the chunks that are not
// full. What chance does not need is never touched.
size_t chunks_for(const WorkProofParameters& parameters) {
  const auto layouts = row_layouts(parameters);
  size_t notes_size = 0;
  size_t size_max = 0;
  for (unsigned level = 0; level < parameters.k; ++level) {
    size_max = std::max(size_max, layouts[level].row_size + notes_size);
    if (level > 0) notes_size += layouts[level].row_size - layouts[level].rest_size;
  }
  return parameters.string_count() * (size_max + 1) / WorkMemory::kChunkSize +
         (size_t{2} << bucket_bits_of(parameters)) + 64;
}

bool are_distinct(WorkSolution indices) {
  std::ranges::sort(indices);
  return std::ranges::adjacent_find(indices) == indices.end();
}

}  // namespace

WorkProofSolver::WorkProofSolver(const WorkProofParameters& parameters)
    : parameters_(parameters),
      bucket_bits_(bucket_bits_of(parameters)),
      layouts_(row_layouts(parameters)),
      note_layouts_(note_layouts(parameters)),
      memory_(chunks_for(parameters)),
      buckets_(size_t{1} << bucket_bits_),
      next_buckets_(buckets_.size()),
      notes_(parameters.k),
      ends_(size_t{1} << (parameters.digit_bits() - bucket_bits_)) {}

std::optional<std::vector<WorkSolution>> WorkProofSolver::solve(const WorkStrings& strings,
                                                                const std::function<bool()>& stop) {
  clear();
  if (!fill(strings, stop)) return std::nullopt;
  const unsigned last = parameters_.k - 1;
  for (unsigned level = 0; level < last; ++level) {
    const auto pair = [&](size_t first, size_t end) { pair_up(level, first, end); };
    if (!each_group(level, stop, pair)) return std::nullopt;
    std::swap(buckets_, next_buckets_);
  }
  std::vector<WorkSolution> solutions;
  const auto match_all = [&](size_t first, size_t end) { match(first, end, solutions); };
  if (!each_group(last, stop, match_all)) return std::nullopt;
  return solutions;
}

void WorkProofSolver::clear() {
  for (auto* lists : {&buckets_, &next_buckets_, &notes_})
    for (WorkRowList& list : *lists) list.clear(memory_);
}

bool WorkProofSolver::fill(const WorkStrings& strings, const std::function<bool()>& stop) {
  static constexpr uint32_t kBlocksBetweenStops = 4096;  // a millisecond
  std::array<WorkString, WorkStrings::kBlockSize> block;
  const auto per_block = static_cast<uint32_t>(strings.per_block());
  uint32_t index = 0;
  for (uint32_t number = 0; index < parameters_.string_count(); ++number) {
    if (number % kBlocksBetweenStops == 0 && stop()) return false;
    const uint32_t count = std::min(per_block, parameters_.string_count() - index);
    strings.make_block(number, std::span(block).first(count));
    for (uint32_t i = 0; i < count; ++i) add(buckets_, 0, block[i], index++);
  }
  return true;
}

void WorkProofSolver::add(Buckets& buckets, unsigned level, const WorkString& sum, uint64_t note) {
  const size_t bucket = sum.low & (buckets.size() - 1);
  buckets[bucket].append(memory_, layouts_[level], {sum >> bucket_bits_, note});
}

template <typename Visit>
bool WorkProofSolver::each_group(unsigned level, const std::function<bool()>& stop, Visit visit) {
  for (WorkRowList& bucket : buckets_) {
    if (stop()) return false;
    sort(bucket, level);
    bucket.clear(memory_);
    size_t first = 0;
    for (const uint32_t end : ends_) {
      if (end - first > 1) visit(first, end);
      first = end;
    }
  }
  return true;
}

void WorkProofSolver::sort(WorkRowList& bucket, unsigned level) {
  const WorkRowLayout& layout = layouts_[level];
  const uint64_t mask = ends_.size() - 1;
  std::ranges::fill(ends_, 0);
  bucket.each(memory_, layout, [&](const WorkRow& row) { ++ends_[row.rest.low & mask]; });
  uint32_t sum = 0;
  for (uint32_t& end : ends_) sum += std::exchange(end, sum);
  // Each entry is now where its rows begin, and moves to where they end.
  sorted_.resize(sum);
  bucket.each(memory_, layout,
              [&](const WorkRow& row) { sorted_[ends_[row.rest.low & mask]++] = row; });
}

void WorkProofSolver::pair_up(unsigned level, size_t first, size_t end) {
  const unsigned sorted_bits = parameters_.digit_bits() - bucket_bits_;
  const size_t place = notes_[level].size(note_layouts_[level]);
  if (level > 0 && !keep_notes(level, first, end)) return;
  for (size_t i = first; i < end; ++i) {
    for (size_t j = i + 1; j < std::min(end, i + 1 + kPartnersMax); ++j) {
      const WorkString sum = sorted_[i].rest ^ sorted_[j].rest;
      // Almost always two sums of the same strings, which would meet for ever.
      if (sum.is_zero()) continue;
      const uint64_t note = level == 0
                                ? sorted_[i].note << parameters_.index_bits() | sorted_[j].note
                                : uint64_t{place + i - first} << kPartnerBits | uint64_t{j - i};
      add(next_buckets_, level + 1, sum >> sorted_bits, note);
    }
  }
}

bool WorkProofSolver::keep_notes(unsigned level, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i)
    if (!notes_[level].append(memory_, note_layouts_[level], {{}, sorted_[i].note})) return false;
  return true;
}

void WorkProofSolver::match(size_t first, size_t end, std::vector<WorkSolution>& solutions) const {
  for (size_t i = first; i < end; ++i) {
    for (size_t j = i + 1; j < std::min(end, i + 1 + kPartnersMax); ++j) {
      if (sorted_[i].rest != sorted_[j].rest || solutions.size() == kSolutionsMax) continue;
      WorkSolution solution = joined(parameters_.k - 1, sorted_[i].note, sorted_[j].note);
      if (are_distinct(solution)) solutions.push_back(std::move(solution));
    }
  }
}

WorkSolution WorkProofSolver::indices_of(unsigned level, uint64_t note) const {
  if (level == 0) return {static_cast<uint32_t>(note)};
  if (level == 1)
    return joined(0, note >> parameters_.index_bits(), note & (parameters_.string_count() - 1));
  const WorkRowList& below = notes_[level - 1];
  const WorkRowLayout& layout = note_layouts_[level - 1];
  const size_t place = note >> kPartnerBits;
  return joined(level - 1, below.at(memory_, layout, place).note,
                below.at(memory_, layout, place + (note & kPartnersMax)).note);
}

// The indices behind two notes of a level.
WorkSolution WorkProofSolver::joined(unsigned level, uint64_t note, uint64_t other_note) const {
  WorkSolution left = indices_of(level, note);
  WorkSolution right = indices_of(level, other_note);
  if (right.front() < left.front()) std::swap(left, right);
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace starling::crypto
