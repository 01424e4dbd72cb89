// A new folder that an export fills: nothing that is there is ever written over.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "certs/sha256.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct z_stream_s;

namespace sallyport::audit {

struct ExportedFile {
    std::string name;  // below the folder
    std::uint64_t bytes = 0;
    std::string sha256;  // of the file as it stands there
};

/// A gzip file that is being written. What is not finished() is no export.
class CompressedFile {
public:
    Result<void> write(std::string_view content);
    Result<ExportedFile> finish();

private:
    friend class ExportFolder;
    struct End {
        void operator()(z_stream_s* stream) const;
    };
    CompressedFile(std::string name, FileDescriptor file);
    Result<void> deflate(int flush);

    std::string name_;
    FileDescriptor file_;
    std::unique_ptr<z_stream_s, End> stream_;
    std::vector<unsigned char> output_;
    certs::Sha256Hasher hasher_;
    std::uint64_t bytes_ = 0;
};

class ExportFolder {
public:
    /// Errors: Errc::conflict if there is something of that name; the operating system's.
    static Result<ExportFolder> create(const std::filesystem::path& path);

    /// A whole file; its folder is made if need be.
    Result<void> add(const std::string& name, std::string_view content);
    Result<CompressedFile> open_compressed(const std::string& name);
    /// The same for one that is finished.
    void add(ExportedFile file) { files_.push_back(std::move(file)); }

    /// Makes everything durable: one call, since an export may be thousands of small files.
    Result<void> finish() const;
    const std::vector<ExportedFile>& files() const { return files_; }

private:
    ExportFolder(std::filesystem::path path, FileDescriptor folder)
        : path_(std::move(path)), folder_(std::move(folder)) {}
    Result<FileDescriptor> make(const std::string& name) const;

    std::filesystem::path path_;  // for what is said: it may mean another folder by now
    FileDescriptor folder_;
    std::vector<ExportedFile> files_;
};

}  // namespace sallyport::audit
