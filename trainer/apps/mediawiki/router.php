<?php
// PHP's built-in server: entry points and files as they are, uploads from their folder, /wiki/Title to index.php.
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?: '/' );
$root = $_SERVER['DOCUMENT_ROOT'];
if ( preg_match( '#^/(rest|api|load|index|thumb)\.php(/.*)?$#', $path, $match ) ) {
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = "/$match[1].php";
	$_SERVER['SCRIPT_FILENAME'] = "$root/$match[1].php";
	if ( isset( $match[2] ) ) {
		$_SERVER['PATH_INFO'] = $match[2];
	}
	require "$root/$match[1].php";
	return true;
}
if ( 0 === strpos( $path, '/images/' ) ) {
	$file = realpath( getenv( 'APP_IMAGES' ) . substr( $path, 7 ) );
	if ( $file && is_file( $file ) ) {
		header( 'Content-Type: ' . mime_content_type( $file ) );
		readfile( $file );
		return true;
	}
} elseif ( '/' !== $path && is_file( $root . $path ) && '.php' !== substr( $path, -4 ) ) {
	return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = "$root/index.php";
require "$root/index.php";
