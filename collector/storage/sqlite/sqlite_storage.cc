#include "collector/storage/sqlite/sqlite_storage.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/open_file.h"
#include "collector/storage/sqlite/reader_pool.h"
#include "collector/storage/sqlite/reads.h"
#include "collector/storage/sqlite/writer.h"

namespace steward::collector {
namespace {

class SqliteStorage final : public Storage {
 public:
  SqliteStorage(std::unique_ptr<Connection> connection, const SqliteStorageOptions& options)
      : connection_(std::move(connection)),
        queue_(options.commit_window_max),
        readers_(connection_->path(), options.reader_connections_max),
        writer_(*connection_, queue_, options.checkpoint_wal_bytes),
        thread_([this] { writer_.Run(); }) {}

  // Writes what is queued. The connection that closes last moves the journal into the file.
  ~SqliteStorage() override {
    queue_.Stop();
    thread_.join();
  }

  void Write(WriteFunction write, WriteDone done, std::size_t bytes) override {
    queue_.Push({std::move(write), std::move(done), bytes, absl::OkStatus()});
  }

  std::size_t QueuedBytes() const override { return queue_.bytes(); }

  absl::Status Read(ReadFunction read) override {
    std::unique_ptr<Connection> connection;
    try {
      connection = readers_.Take();
    } catch (const SQLite::Exception& error) {
      return absl::UnavailableError(absl::StrCat("cannot read ", connection_->path().string(), ": ", error.what()));
    }
    const absl::Status status = Guarded(*connection, [&] {
      connection->Execute("BEGIN");  // all that `read` does sees the state of its first read
      SqliteReader reader(*connection);
      const absl::Status result = read(reader);
      connection->Execute("ROLLBACK");
      return result;
    });
    if (connection->InTransaction()) connection.reset();  // better a new one
    readers_.GiveBack(std::move(connection));
    return status;
  }

 private:
  std::unique_ptr<Connection> connection_;  // the writer's
  WriteQueue queue_;
  ReaderPool readers_;
  Writer writer_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> OpenSqliteStorage(const std::filesystem::path& path,
                                                           const SqliteStorageOptions& options) {
  auto connection = OpenFile(path, options, SchemaSteps());
  if (!connection.ok()) return connection.status();
  try {
    return std::make_unique<SqliteStorage>(*std::move(connection), options);
  } catch (const SQLite::Exception& error) {
    return absl::DataLossError(absl::StrCat(path.string(), " cannot be read: ", error.what(),
                                            "; restore its newest backup with: steward-collector restore"));
  }
}

}  // namespace steward::collector
