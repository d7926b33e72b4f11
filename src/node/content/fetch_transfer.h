// node/content/fetch_transfer.h - fetches a file or a folder with all that is in it; writes it to the user's files, or keeps it.
//
// Bounds:  kFilesAtOnce files at once.
// Threads: network thread.
#pragma once

#include <map>
#include <memory>

#include "node/content/file_export.h"
#include "node/content/transfer.h"

namespace starling::node {

struct FetchOrder {
  content::ContentLink link;
  // Where it goes: a folder that is there, or is to be made, and a name in it; a file gets that name, and so does a folder.
  struct Target {
    std::string folder;  // absolute
    std::string name;
  };
  std::optional<Target> target = {};
  bool keep = false;
};

class FetchTransfer final : public Transfer {
 public:
  static constexpr size_t kFilesAtOnce = 8;
  // Files above that are written to the user's while they come, so much at a time.
  static constexpr uint64_t kStretch = 8 << 20;

  // `library` is borrowed.
  FetchTransfer(Library& library, FetchOrder order);
  ~FetchTransfer() override;

  void start(std::function<void()> over) override;
  void cancel() override;
  [[nodiscard]] TransferStatus status() const override;

 private:
  struct Active {
    FetchPool::Need need = 0;
    bool here = false;  // all of it is in the store
    std::unique_ptr<FileExport> file;
    FetchPool::Need stretch = 0;  // the next bytes for the file
  };
  void handle_found(FoundContent found);
  void handle_listed(FolderTree tree);
  void begin_files();
  void begin_export(size_t file);
  void need_stretch(size_t file, uint64_t begin);
  void handle_fetched(size_t file, std::optional<FetchFailure> failure);
  void pin(size_t file);
  void write(size_t file);
  void forget_needs(Active& active);
  void forget_all_needs();
  void end_file(size_t file, const std::expected<void, env::BlobError>& result);
  void finish_up();
  void pin_lists(size_t next);
  void keep();
  void end(std::optional<ContentFailure> failure);
  [[nodiscard]] uint64_t bytes_of(size_t file, const Active& active) const;
  [[nodiscard]] std::string target_path(size_t file) const;

  Library& library_;
  FetchOrder order_;
  TransferStatus status_;
  std::function<void()> over_;
  Instant started_{};
  FoundContent found_;
  FolderTree tree_;
  std::unique_ptr<FolderWalk> walk_;
  std::map<size_t, Active> active_;  // by the number of the file
  size_t next_file_ = 0;
  uint64_t bytes_done_ = 0;
  bool holds_ = false;
  Lifetime lifetime_;
};

}  // namespace starling::node
