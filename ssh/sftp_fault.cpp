#include "ssh/sftp_fault.hpp"

namespace sallyport::ssh {
namespace {

class SftpCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sftp"; }
    std::string message(int fault) const override {
        switch (static_cast<SftpFault>(fault)) {
            case SftpFault::end_of_file:
                return "end of file";
            case SftpFault::no_such_file:
                return "no such file";
            case SftpFault::permission_denied:
                return "permission denied";
            case SftpFault::failure:
                return "the server could not do it";
            case SftpFault::bad_message:
                return "the server did not understand";
            case SftpFault::no_connection:
            case SftpFault::connection_lost:
                return "the server lost its connection";
            case SftpFault::unsupported:
                return "the server cannot do that";
        }
        return "the server says no";
    }
};

}  // namespace

const boost::system::error_category& sftp_category() {
    static const SftpCategory instance;
    return instance;
}

}  // namespace sallyport::ssh
