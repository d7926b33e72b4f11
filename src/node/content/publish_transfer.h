// node/content/publish_transfer.h - reads the user's files into the store, and publishes them: by themselves or as a site.
//
// Threads: network thread.
#pragma once

#include <memory>

#include "node/content/folder_plan.h"
#include "node/content/transfer.h"

namespace starling::node {

struct PublishOrder {
  std::string path;          // absolute: a file or a folder
  bool with_hidden = false;  // names that begin with a dot, too
  struct OfSite {
    std::string name;
    std::optional<std::string> title;  // empty: as before, or the name
  };
  // Empty: the file or folder is published by itself, for ever the same.
  std::optional<OfSite> site = {};
};

class PublishTransfer final : public Transfer {
 public:
  // `library` is borrowed.
  PublishTransfer(Library& library, PublishOrder order);
  ~PublishTransfer() override;

  void start(std::function<void()> over) override;
  void cancel() override;
  [[nodiscard]] TransferStatus status() const override { return status_; }

 private:
  void handle_found(env::FoundTree tree);
  void import_next();
  void handle_imported(const crypto::BlobId& blob);
  void put_folders();
  void publish_file(const crypto::BlobId& blob);
  void publish_folder(const crypto::FolderId& folder);
  void publish_site(const crypto::FolderId& folder);
  void keep(const crypto::BlobId& root, bool is_folder);
  void end(std::optional<ContentFailure> failure);
  [[nodiscard]] std::string path_of(const env::FoundFile& file) const;
  [[nodiscard]] uint64_t now_unix_s() const;

  Library& library_;
  PublishOrder order_;
  TransferStatus status_;
  std::function<void()> over_;
  Instant started_{};
  env::FoundTree tree_;
  FolderPlan plan_;
  uint64_t bytes_before_ = 0;  // of files that are done
  std::shared_ptr<env::Cancellation> cancellation_ = std::make_shared<env::Cancellation>();
  bool holds_ = false;
  Lifetime lifetime_;
};

}  // namespace starling::node
