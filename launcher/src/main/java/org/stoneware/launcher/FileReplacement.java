package org.stoneware.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a file of somebody else's program as a whole: it is either the old one or the new one, and belongs to the same user as
 * before, so that a Tomcat that runs as another user can still read what root has written.
 */
final class FileReplacement {
    private FileReplacement() {}

    /**
     * Replaces or creates a file.
     *
     * @param like existing file or directory whose owner and group the new file gets.
     * @param permissions of the new file, or null for those of {@code like}.
     */
    static void write(Path file, byte[] content, Path like, @Nullable Set<PosixFilePermission> permissions)
            throws IOException {
        Path target = Files.exists(file) ? file.toRealPath() : file;
        Path fresh = Files.createTempFile(target.toAbsolutePath().getParent(), target.getFileName() + ".", ".new");
        try {
            Files.write(fresh, content);
            takeOver(fresh, like, permissions);
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static void takeOver(Path fresh, Path like, @Nullable Set<PosixFilePermission> permissions)
            throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(fresh, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        PosixFileAttributes model = Files.readAttributes(like, PosixFileAttributes.class);
        PosixFileAttributes now = Files.readAttributes(fresh, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        view.setPermissions(permissions == null ? model.permissions() : permissions);
        if (!model.group().equals(now.group())) {
            view.setGroup(model.group());
        }
        if (!model.owner().equals(now.owner())) {
            view.setOwner(model.owner());
        }
    }
}
