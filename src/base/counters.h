// base/counters.h - counts events by reason: every kind of drop has one, named for its reason.
//
// The reasons are an enum whose last value is `count_`, with a function `std::string_view name_of(Enum)` beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace starling {

template <typename Reason>
class Counters {
 public:
  static constexpr size_t kCount = static_cast<size_t>(Reason::count_);

  void add(Reason reason, uint64_t amount = 1) { values_[static_cast<size_t>(reason)] += amount; }
  [[nodiscard]] uint64_t of(Reason reason) const { return values_[static_cast<size_t>(reason)]; }
  void add_all(const Counters& other) {
    for (size_t i = 0; i < kCount; ++i) values_[i] += other.values_[i];
  }
  // Calls visit(reason, value) for each reason in order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (size_t i = 0; i < kCount; ++i) visit(static_cast<Reason>(i), values_[i]);
  }

 private:
  std::array<uint64_t, kCount> values_{};
};

}  // namespace starling
