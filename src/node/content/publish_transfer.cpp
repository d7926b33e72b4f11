#include "node/content/publish_transfer.h"

#include <algorithm>

#include "crypto/key_text.h"

namespace starling::node {

using Kind = ContentFailure::Kind;
using Phase = TransferStatus::Phase;

PublishTransfer::PublishTransfer(Library& library, PublishOrder order)
    : library_(library), order_(std::move(order)) {
  status_.kind = TransferStatus::Kind::publish;
  status_.subject = order_.path;
}

PublishTransfer::~PublishTransfer() {
  cancellation_->wanted = true;
  if (holds_) library_.release_sweeps();
}

void PublishTransfer::start(std::function<void()> over) {
  over_ = std::move(over);
  started_ = library_.runtime().now();
  status_.phase = Phase::reading;
  // What is imported is led to only at the end.
  library_.hold_sweeps();
  holds_ = true;
  if (order_.site && !SiteBook::is_name(order_.site->name))
    return end(ContentFailure{Kind::bad_site_name});
  if (order_.site && !library_.sites().find(order_.site->name) && !library_.sites().has_room())
    return end(ContentFailure{Kind::too_many_sites});
  library_.runtime().blobs().find_files(
      order_.path, order_.with_hidden,
      lifetime_.guard([this](std::expected<env::FoundTree, env::BlobError> tree) {
        if (status_.is_over()) return;
        if (!tree) return end(failure_of(tree.error(), order_.path));
        handle_found(std::move(*tree));
      }));
}

void PublishTransfer::handle_found(env::FoundTree tree) {
  tree_ = std::move(tree);
  status_.files_total = tree_.files.size();
  status_.left_out = tree_.left_out;
  for (const env::FoundFile& file : tree_.files) status_.bytes_total += file.size;
  if (tree_.files.empty()) return end(ContentFailure{Kind::nothing_to_publish, order_.path});
  if (tree_.files.size() > FolderWalk::kFilesMax / 2)
    return end(ContentFailure{Kind::too_many_files});
  import_next();
}

// --- files -------------------------------------------------------------------------------------------------

std::string PublishTransfer::path_of(const env::FoundFile& file) const {
  return tree_.is_folder ? order_.path + "/" + file.path : order_.path;
}

void PublishTransfer::import_next() {
  const env::FoundFile& file = tree_.files[status_.files];
  library_.runtime().blobs().import_file(
      order_.path, tree_.is_folder ? file.path : std::string(), /*pinned=*/true, cancellation_,
      lifetime_.guard([this](uint64_t bytes) { status_.bytes = bytes_before_ + bytes; }),
      lifetime_.guard([this](const auto& blob) {
        if (status_.is_over()) return;
        if (!blob) return end(failure_of(blob.error(), path_of(tree_.files[status_.files])));
        handle_imported(*blob);
      }));
}

void PublishTransfer::handle_imported(const crypto::BlobId& blob) {
  const env::FoundFile& file = tree_.files[status_.files++];
  bytes_before_ += blob.size;
  status_.bytes = bytes_before_;
  if (!tree_.is_folder && !order_.site) return publish_file(blob);
  if (auto added = plan_.add(file.path, blob, file.executable); !added) {
    added.error().name = order_.path + "/" + added.error().name;
    return end(added.error());
  }
  if (status_.files < tree_.files.size()) return import_next();
  put_folders();
}

// --- folders -----------------------------------------------------------------------------------------------

void PublishTransfer::put_folders() {
  auto bytes = plan_.take_deepest();
  if (!bytes) return end(bytes.error());
  if (!*bytes) return publish_folder(*plan_.root());
  library_.runtime().blobs().put(std::move(**bytes), /*pinned=*/true,
                                 lifetime_.guard([this](const auto& blob) {
                                   if (status_.is_over()) return;
                                   if (!blob) return end(failure_of(blob.error(), {}));
                                   plan_.set_blob(*blob);
                                   put_folders();
                                 }));
}

// --- publishing --------------------------------------------------------------------------------------------

void PublishTransfer::publish_file(const crypto::BlobId& blob) {
  status_.link = "starling://" + to_text(blob);
  keep(blob, /*is_folder=*/false);
}

void PublishTransfer::publish_folder(const crypto::FolderId& folder) {
  if (order_.site) return publish_site(folder);
  status_.link = "starling://" + to_text(folder) + "/";
  keep(folder.manifest, /*is_folder=*/true);
}

void PublishTransfer::publish_site(const crypto::FolderId& folder) {
  content::SiteHead head;
  head.folder = folder;
  head.published_unix_s = now_unix_s();
  const Site* before = library_.sites().find(order_.site->name);
  head.title =
      order_.site->title.value_or(before && before->head ? before->head->title : order_.site->name);
  library_.publish_site(
      order_.site->name, std::move(head), lifetime_.guard([this](const auto& published) {
        if (status_.is_over()) return;
        if (!published) return end(published.error());
        status_.link =
            "starling://" + crypto::to_text(library_.sites().find(order_.site->name)->key()) + "/";
        end(std::nullopt);
      }));
}

void PublishTransfer::keep(const crypto::BlobId& root, bool is_folder) {
  Pin pin;
  pin.is_folder = is_folder;
  pin.origin = Pin::Origin::published;
  pin.since_unix_s = now_unix_s();
  pin.name = order_.path.substr(order_.path.find_last_of('/') + 1);
  library_.keep(root, std::move(pin), lifetime_.guard([this](const auto& kept) {
    if (status_.is_over()) return;
    end(kept ? std::nullopt : std::optional(kept.error()));
  }));
}

uint64_t PublishTransfer::now_unix_s() const {
  return static_cast<uint64_t>(std::max<int64_t>(library_.runtime().wall_now().unix_seconds, 0));
}

void PublishTransfer::cancel() {
  if (!status_.is_over()) end(ContentFailure{Kind::cancelled});
}

void PublishTransfer::end(std::optional<ContentFailure> failure) {
  status_.took = library_.runtime().now() - started_;
  status_.phase = Phase::done;
  if (failure) {
    status_.phase = failure->kind == Kind::cancelled ? Phase::cancelled : Phase::failed;
    status_.failure = std::move(failure);
    status_.link.clear();
  }
  cancellation_->wanted = true;
  if (std::exchange(holds_, false)) library_.release_sweeps();
  const auto over = over_;
  over();
}

}  // namespace starling::node
