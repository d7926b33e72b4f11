#include "node/content/fetch_transfer.h"

#include <algorithm>

namespace starling::node {

using Phase = TransferStatus::Phase;

FetchTransfer::FetchTransfer(Library& library, FetchOrder order)
    : library_(library), order_(std::move(order)) {
  status_.kind = order_.keep ? TransferStatus::Kind::pin : TransferStatus::Kind::get;
  status_.subject = to_text(order_.link);
}

FetchTransfer::~FetchTransfer() {
  forget_all_needs();
  if (holds_) library_.release_sweeps();
}

void FetchTransfer::start(std::function<void()> over) {
  over_ = std::move(over);
  started_ = library_.runtime().now();
  status_.phase = Phase::finding;
  if (order_.keep) {
    library_.hold_sweeps();
    holds_ = true;
  }
  library_.find(order_.link,
                lifetime_.guard([this](std::expected<FoundContent, ContentFailure> found) {
                  if (status_.is_over()) return;
                  if (!found) return end(found.error());
                  handle_found(std::move(*found));
                }));
}

void FetchTransfer::handle_found(FoundContent found) {
  found_ = std::move(found);
  if (found_.folder) {
    walk_ = std::make_unique<FolderWalk>(library_.manifests(), found_.blob, found_.providers,
                                         [this](std::expected<FolderTree, ContentFailure> tree) {
                                           if (status_.is_over()) return;
                                           if (!tree) return end(tree.error());
                                           handle_listed(std::move(*tree));
                                         });
    return;
  }
  FolderTree tree;
  tree.files.push_back({found_.name, found_.blob, found_.executable});
  tree.bytes = found_.blob.size;
  handle_listed(std::move(tree));
}

void FetchTransfer::handle_listed(FolderTree tree) {
  tree_ = std::move(tree);
  status_.phase = Phase::fetching;
  status_.bytes_total = tree_.bytes;
  status_.files_total = tree_.files.size();
  if (tree_.files.empty()) return finish_up();
  begin_files();
}

// --- files -------------------------------------------------------------------------------------------------

void FetchTransfer::begin_files() {
  while (active_.size() < kFilesAtOnce && next_file_ < tree_.files.size()) {
    const size_t file = next_file_++;
    const crypto::BlobId& blob = tree_.files[file].blob;
    active_[file].need = library_.pool().need(
        blob, found_.providers, 0, blob.size, /*first=*/false,
        lifetime_.guard([this, file](auto failure) { handle_fetched(file, failure); }));
    if (order_.target) begin_export(file);
  }
}

void FetchTransfer::begin_export(size_t file) {
  const FetchOrder::Target& target = *order_.target;
  const FolderTree::File& of = tree_.files[file];
  // Whatever a folder holds stays below the folder of that name.
  active_.at(file).file = std::make_unique<FileExport>(
      library_.runtime().blobs(), of.blob,
      found_.folder ? target.folder + "/" + target.name : target.folder,
      found_.folder ? of.path : target.name, of.executable,
      [this, file](const auto& written) { end_file(file, written); });
  if (of.blob.size > kStretch) need_stretch(file, 0);
}

void FetchTransfer::need_stretch(size_t file, uint64_t begin) {
  const crypto::BlobId& blob = tree_.files[file].blob;
  // The last bytes come with the end of the fetch.
  if (begin + kStretch >= blob.size) return;
  active_.at(file).stretch =
      library_.pool().need(blob, found_.providers, begin, kStretch, /*first=*/false,
                           lifetime_.guard([this, file, begin](auto failure) {
                             const auto active = active_.find(file);
                             if (active == active_.end() || failure) return;
                             active->second.stretch = 0;
                             active->second.file->allow(begin + kStretch);
                             need_stretch(file, begin + kStretch);
                           }));
}

void FetchTransfer::handle_fetched(size_t file, std::optional<FetchFailure> failure) {
  if (status_.is_over()) return;
  Active& active = active_.at(file);
  active.need = 0;
  forget_needs(active);
  if (failure) return end(failure_of(*failure));
  active.here = true;
  if (order_.keep) return pin(file);
  write(file);
}

void FetchTransfer::pin(size_t file) {
  const crypto::BlobId& blob = tree_.files[file].blob;
  if (blob.size == 0) return write(file);
  library_.runtime().blobs().pin(blob, /*pinned=*/true,
                                 lifetime_.guard([this, file](const auto& pinned) {
                                   if (status_.is_over()) return;
                                   if (!pinned) return end_file(file, pinned);
                                   write(file);
                                 }));
}

void FetchTransfer::write(size_t file) {
  if (!order_.target) return end_file(file, {});
  active_.at(file).file->allow(tree_.files[file].blob.size);
}

void FetchTransfer::end_file(size_t file, const std::expected<void, env::BlobError>& result) {
  if (status_.is_over()) return;
  if (const auto active = active_.find(file); active != active_.end()) {
    // Its bytes are still wanted when writing them fails.
    forget_needs(active->second);
    active_.erase(active);
  }
  if (!result) return end(failure_of(result.error(), target_path(file)));
  ++status_.files;
  bytes_done_ += tree_.files[file].blob.size;
  if (status_.files == tree_.files.size()) return finish_up();
  begin_files();
}

std::string FetchTransfer::target_path(size_t file) const {
  if (!order_.target) return {};
  const std::string path = order_.target->folder + "/" + order_.target->name;
  return found_.folder ? path + "/" + tree_.files[file].path : path;
}

// --- the end -----------------------------------------------------------------------------------------------

void FetchTransfer::finish_up() {
  if (order_.keep) return pin_lists(0);
  library_.handle_read(found_.providers);
  end(std::nullopt);
}

void FetchTransfer::pin_lists(size_t next) {
  if (next == tree_.manifests.size()) return keep();
  library_.runtime().blobs().pin(tree_.manifests[next], /*pinned=*/true,
                                 lifetime_.guard([this, next](const auto& pinned) {
                                   if (status_.is_over()) return;
                                   if (!pinned) return end(failure_of(pinned.error(), {}));
                                   pin_lists(next + 1);
                                 }));
}

void FetchTransfer::keep() {
  Pin pin;
  pin.is_folder = found_.folder != nullptr;
  pin.origin = Pin::Origin::fetched;
  pin.since_unix_s =
      static_cast<uint64_t>(std::max<int64_t>(library_.runtime().wall_now().unix_seconds, 0));
  pin.name = found_.site ? found_.site->head.title : found_.name;
  library_.keep(found_.blob, std::move(pin), lifetime_.guard([this](const auto& kept) {
    if (status_.is_over()) return;
    if (!kept) return end(kept.error());
    end(std::nullopt);
  }));
}

void FetchTransfer::cancel() {
  if (!status_.is_over()) end(ContentFailure{ContentFailure::Kind::cancelled});
}

void FetchTransfer::end(std::optional<ContentFailure> failure) {
  status_.bytes = status().bytes;
  status_.took = library_.runtime().now() - started_;
  status_.phase = Phase::done;
  if (failure) {
    const bool cancelled = failure->kind == ContentFailure::Kind::cancelled;
    status_.phase = cancelled ? Phase::cancelled : Phase::failed;
    status_.failure = std::move(failure);
  } else {
    status_.link = found_.folder ? "starling://" + to_text(crypto::FolderId{found_.blob}) + "/"
                                 : "starling://" + to_text(found_.blob);
  }
  forget_all_needs();
  active_.clear();
  if (std::exchange(holds_, false)) library_.release_sweeps();
  const auto over = over_;
  over();
}

void FetchTransfer::forget_needs(Active& active) {
  for (FetchPool::Need* need : {&active.need, &active.stretch}) {
    if (*need != 0) library_.pool().forget(std::exchange(*need, 0));
  }
}

void FetchTransfer::forget_all_needs() {
  for (auto& [file, active] : active_) forget_needs(active);
}

// --- looking at it -----------------------------------------------------------------------------------------

uint64_t FetchTransfer::bytes_of(size_t file, const Active& active) const {
  const crypto::BlobId& blob = tree_.files[file].blob;
  if (active.here) return blob.size;
  const BlobFetch* fetch = library_.pool().find(blob);
  return fetch ? std::min(fetch->bytes_here(), blob.size) : 0;
}

TransferStatus FetchTransfer::status() const {
  TransferStatus status = status_;
  if (status_.is_over() || status_.phase == Phase::waiting) return status;
  status.took = library_.runtime().now() - started_;
  if (status_.phase != Phase::fetching) return status;
  status.bytes = bytes_done_;
  bool writes = !active_.empty();
  for (const auto& [file, active] : active_) {
    status.bytes += bytes_of(file, active);
    writes = writes && active.here;
    const BlobFetch* fetch = active.here ? nullptr : library_.pool().find(tree_.files[file].blob);
    if (!fetch) continue;
    status.holders = std::max(status.holders, fetch->holders());
    if (fetch->phase() == FetchPhase::finding) status.phase = Phase::finding;
    if (fetch->phase() == FetchPhase::connecting) status.phase = Phase::connecting;
  }
  if (writes) status.phase = Phase::writing;
  if (status.holders > 0) status.phase = Phase::fetching;
  return status;
}

}  // namespace starling::node
