#pragma once

#include "base/bytes.hpp"
#include "rfc/inspector.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What tests of the inspector share: recorded frames, and somebody who moves the bytes.
namespace sallyport::rfc::testing {

/// tests/data/rfc, whose files are all our own making.
std::filesystem::path data_folder();
/// Folder with recordings of real sessions, which are not part of this project:
/// SALLYPORT_RFC_VECTORS of the environment, or of the build. Empty where there is none.
std::filesystem::path recordings_folder();

Bytes load(const std::filesystem::path& file);
inline Bytes load_data(std::string_view name) { return load(data_folder() / name); }

/// One line of a manifest.tsv.
struct Vector {
    std::string path;
    std::string framing;
    std::string direction;
    std::string expected;
};
std::vector<Vector> read_manifest(const std::filesystem::path& folder);

/// The policy that the manifests assume.
Policy manifest_policy();
Identity identity(Identity::Mode mode = Identity::Mode::rewrite);

/// All that came of some bytes.
struct Outcome {
    Bytes forwarded{};
    Bytes answered{};
    std::vector<Event> events{};
    std::vector<std::string> functions{};  // of call_allowed and call_refused
    Refusal refusal = Refusal::none;       // the last one
    std::string reason{};
    std::size_t steps = 0;
    bool closed = false;

    bool operator==(const Outcome&) const = default;
};

/// How far a conversation is to be brought before a test begins.
enum class Until { start, gateway, initialized, allocated, logged_on, calling };

/// An inspector between two sides that are byte strings.
class Conversation {
public:
    explicit Conversation(Policy policy = manifest_policy(),
                          Identity::Mode mode = Identity::Mode::rewrite,
                          AfterRefusal after = AfterRefusal::conversation_stays);

    /// The set-up of tests/data/rfc/session, with the ids of `like` (a frame), if that has any.
    void bring(Until until, BytesView like = {});

    /// Hands over bytes in pieces; what is not taken stays for the next call.
    Outcome client(BytesView bytes, std::size_t piece = SIZE_MAX);
    Outcome back_end(BytesView bytes, std::size_t piece = SIZE_MAX);

    Inspector& inspector() { return inspector_; }

private:
    template <class Look>
    Outcome feed(Bytes& buffer, BytesView bytes, std::size_t piece, Look look);

    // Elsewhere, so that the inspector's references outlast a move.
    std::unique_ptr<const Policy> policy_;
    std::unique_ptr<const Identity> identity_;
    Inspector inspector_;
    Bytes from_client_{};
    Bytes from_back_end_{};
};

/// Items, as tests write them.
class Items {
public:
    Items& add(std::uint16_t tag, std::string_view value = {});
    Items& add_wide(std::uint16_t tag, std::string_view ascii);  // as UTF-16LE
    Items& raw(std::string_view bytes);
    /// An ordinary call up to its parameters.
    static Items call(std::string_view function);
    /// COM_HEAD and the logon of a user, up to the function.
    static Items logon(std::string_view client, std::string_view user);
    Items& end() { return add(0xffff); }
    const Bytes& bytes() const { return bytes_; }

private:
    Bytes bytes_{};
};

/// Frames of the conversation that the session files have.
Bytes send_frame(BytesView items);  // SAP_SEND with everything
Bytes send_part_frame(BytesView items);
Bytes async_frame(BytesView items, bool barrier = false);
Bytes receive_frame();
Bytes middle_part_frame(BytesView items);  // RECEIVE with more, and not yet the end
Bytes last_part_frame(BytesView items);    // RECEIVE with the rest and the trailer
Bytes control_frame(std::uint8_t function);
Bytes operator+(Bytes a, const Bytes& b);

}  // namespace sallyport::rfc::testing
