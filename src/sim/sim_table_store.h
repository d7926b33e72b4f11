// sim/sim_table_store.h - env::TableStore in memory, for one life of a host; the tables outlive it.
#pragma once

#include <map>
#include <memory>

#include "env/table_store.h"
#include "sim/storage_queue.h"

namespace starling::sim {

// What a host's tables hold, from life to life.
using SimTables = std::map<std::string, std::map<Bytes, Bytes>>;

class SimTableStore final : public env::TableStore {
 public:
  static constexpr Duration kCommitTime = 500us;
  static constexpr Duration kReadTime = 50us;

  SimTableStore(EventQueue& queue, SimDisk& disk, SimTables& tables)
      : disk_(disk), tables_(tables), steps_(queue, disk) {}

  void commit(std::vector<env::TableChange> changes, Done done) override {
    const auto outcome = std::make_shared<std::expected<void, env::TableError>>();
    steps_.submit(
        kCommitTime,
        [this, outcome, changes = std::move(changes)] {
          if (disk_.full()) {
            *outcome = std::unexpected(env::TableError::no_space);
            return;
          }
          for (const auto& change : changes) {
            auto& rows = tables_[change.table];
            if (change.value) {
              rows[change.key] = *change.value;
            } else {
              rows.erase(change.key);
            }
          }
        },
        [outcome, done = std::move(done)] {
          if (done) done(*outcome);
        });
  }
  void read(std::string table, Bytes from, size_t limit, RowsDone done) override {
    const auto rows = std::make_shared<std::vector<env::TableRow>>();
    steps_.submit(
        kReadTime,
        [this, rows, table = std::move(table), from = std::move(from), limit] {
          const auto& all = tables_[table];
          for (auto row = all.lower_bound(from); row != all.end() && rows->size() < limit; ++row)
            rows->push_back(*row);
        },
        [rows, done = std::move(done)] { done(std::move(*rows)); });
  }
  void kill() { steps_.kill(); }

 private:
  SimDisk& disk_;
  SimTables& tables_;
  StorageQueue steps_;
};

}  // namespace starling::sim
